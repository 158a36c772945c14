"""Every setting, top to bottom; every knob comes from the environment (see docs/deployment.md)."""

from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from marshmallow.validate import OneOf, Range

from examplatform import env as environment
from examplatform import network

django_stubs_ext.monkeypatch()  # admin.ModelAdmin[Plan] and the like, as the type checker reads them
BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.reader()

# --- what the environment says ---------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
DATA_DIR = Path(env.str("DATA_DIR", "") or BASE_DIR / "var").absolute()
DATABASE_URL = env.str("DATABASE_URL", "")
REDIS_URL = env.str("REDIS_URL", "")
DEMO = env.bool("DEMO", not DATABASE_URL)  # its ID numbers are published: a server of one's own asks for it
HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000, validate=Range(1, 65535))
TLS = env.str("TLS", "off", validate=OneOf(["off", "self-signed"]))
TLS_CERT = env.str("TLS_CERT", "")
TLS_KEY = env.str("TLS_KEY", "")
PUBLIC_ORIGIN = env.str("PUBLIC_ORIGIN", "").rstrip("/")
EXTRA_HOSTS: list[str] = env.list("ALLOWED_HOSTS", [])
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", False)
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 0, validate=Range(0))
VERIFIER_PROCESSES = env.int("VERIFIER_PROCESSES", 0, validate=Range(0, 64))  # 0: one for each core
VERIFIER = env.str("VERIFIER", "auto", validate=OneOf(["auto", "pool", "celery"]))
FACE_EMBEDDER = env.str("FACE_EMBEDDER", "dlib")  # or the path of an ONNX file of ArcFace's kind (docs/identity.md)
FACE_EMBEDDER_PIXELS = env.str("FACE_EMBEDDER_PIXELS", "")  # what such a file wants, e.g. "rgb 127.5 127.5"
FACE_PRECISION = env.str("FACE_PRECISION", "int8", validate=OneOf(["fp32", "int8"]))  # of dlib's network
EVIDENCE_DAYS = env.int("EVIDENCE_DAYS", 180, validate=Range(1))  # how long pictures of a sitting are kept
THUMBNAIL_DAYS = env.int("THUMBNAIL_DAYS", 30, validate=Range(1))  # the thin trail; never longer than EVIDENCE_DAYS
THUMBNAIL_SECONDS = env.int("THUMBNAIL_SECONDS", 10, validate=Range(2, 60))  # how old a picture on the wall may be
SECOND_CAMERA_GRACE_SECONDS = env.int("SECOND_CAMERA_GRACE_SECONDS", 45, validate=Range(1, 600))  # a phone may be away
REFERENCE_PHOTO_DAYS = env.int("REFERENCE_PHOTO_DAYS", 180, validate=Range(1))  # counted from the end of the exam
REQUEST_THREADS = env.int("REQUEST_THREADS", 4, validate=Range(1, 64))  # each keeps a connection to the database
REQUEST_QUEUE = env.int("REQUEST_QUEUE", 1000, validate=Range(0))  # who comes while so many wait is asked to come back
STAFF_THREADS = env.int("STAFF_THREADS", 2, validate=Range(1, 64))
SOCKET_THREADS = env.int("SOCKET_THREADS", 3, validate=Range(1, 64))
IMPORT_MAX_MEGABYTES = env.int("IMPORT_MAX_MEGABYTES", 500, validate=Range(1))
LOG_LEVEL = env.str("LOG_LEVEL", "INFO", validate=OneOf(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]))
_given_secrets = environment.given_secrets(env)

environment.seal_or_stop(env)

# --- where the site is: the address people open, and the names it answers to -----------------------------------------

if TLS == "self-signed":
    if TLS_CERT or TLS_KEY:
        environment.stop("Set either TLS=self-signed or TLS_CERT and TLS_KEY, not both.")
    TLS_CERT, TLS_KEY = str(DATA_DIR / "tls/cert.pem"), str(DATA_DIR / "tls/key.pem")  # made when the server starts
elif TLS_CERT or TLS_KEY:
    environment.check_tls_files(TLS_CERT, TLS_KEY)
if not PUBLIC_ORIGIN:
    PUBLIC_ORIGIN = network.origin(HOST, PORT, secure=bool(TLS_CERT))
_origin = environment.checked_origin(PUBLIC_ORIGIN)
SECURE = _origin.scheme == "https"
ALLOWED_HOSTS = list(dict.fromkeys([*network.names(HOST), _origin.hostname or "", *EXTRA_HOSTS]))
CSRF_TRUSTED_ORIGINS = [PUBLIC_ORIGIN]

# --- secrets ---------------------------------------------------------------------------------------------------------

environment.make_private_directory(DATA_DIR)
_secrets = environment.load_secrets(_given_secrets, DATA_DIR / "secrets.json", may_generate=not DATABASE_URL)
SECRET_KEY = _secrets.secret_key
DATA_KEYS = _secrets.data_keys
LOOKUP_KEY = _secrets.lookup_key

# --- the applications ------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "proctoring.staff_site.StaffAdminConfig",  # Django's admin, with our first page
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "examplatform.static_apps.CollectedStaticFiles",  # django.contrib.staticfiles
    "axes",
    "csp",
    "channels",
    "django_htmx",
    "accounts",
    "exams",
    "proctoring",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "examplatform.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "examplatform.headers.PermissionsPolicy",
    "accounts.middleware.CandidateMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "examplatform.urls"
ASGI_APPLICATION = "examplatform.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
SIGNED_IN_URL = "exams:next_step"  # where signing in goes on to; accounts knows nothing of exams
SIGNED_OUT_URL = "exams:left"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

# --- database, cache, channel layer: embedded, or PostgreSQL and Redis ----------------------------------------------

if DATABASE_URL:
    DATABASES = {"default": environment.postgresql(DATABASE_URL)}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "db.sqlite3",
            "CONN_MAX_AGE": 0,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",  # else concurrent saves fail with "database is locked"
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
            "TEST": {"NAME": DATA_DIR / "test.sqlite3"},  # a file, so that a real server can share it
        }
    }

CACHES: dict[str, dict[str, Any]]
CHANNEL_LAYERS: dict[str, dict[str, Any]]
if REDIS_URL:
    environment.check_redis(REDIS_URL)
    CACHES = {
        "default": {
            "BACKEND": "examplatform.sealed_cache.SealedCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "sealed",  # what an older version has left there is not read
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",  # survives a Redis restart; the core layer not
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},  # Django's 300 would forget candidates who are there
        }
    }
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# What of a page is the same for everybody is drawn once for each language ({% cache %} in templates).
CACHES["template_fragments"] = {
    "BACKEND": f"django.core.cache.backends.{'dummy.DummyCache' if DEBUG else 'locmem.LocMemCache'}",
    "LOCATION": "template_fragments",
    "TIMEOUT": None,
}

# --- who looks at pictures: processes of each server process, or Celery workers on any number of machines -----------

if VERIFIER == "auto":
    VERIFIER = "celery" if REDIS_URL else "pool"
elif VERIFIER == "celery" and not REDIS_URL:
    environment.stop("VERIFIER=celery needs REDIS_URL: server and workers meet there.")
CELERY_APP = "examplatform.celery.app"
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 2, "max_retries": 1}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives any outage of Redis
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False  # a picture is looked at once at most: what ended one worker must not end the next
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- signing in ------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # never the address alone: a school shares one
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"  # for staff; candidates are answered by the login page
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # what the page says about the wait stays true
AXES_USERNAME_CALLABLE = "accounts.throttle.staff_key"  # axes stores keyed digests only
AXES_CLIENT_IP_CALLABLE = "accounts.throttle.client_address"  # forwarding headers are the server's business
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "id_number", "check_code", "csrfmiddlewaretoken", "next"]
AXES_ENABLE_ADMIN = False  # the candidate's page in the admin unlocks

# --- security --------------------------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
LARGEST_BODY = {"/": 2 * 1024 * 1024, "/admin/": 16 * 1024 * 1024}  # by path; staff send photos of up to 10 MB
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- languages and time ----------------------------------------------------------------------------------------------

# The source texts are Simplified Chinese; English is the one catalogue (locale/en), compiled by `make install`.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]  # i18n: data
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
SITE_NAME = _("智能化考试平台")

# --- files -----------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "examplatform.storage.HashedStaticFiles"},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- logs: what happened, never who ----------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "axes": {"level": "ERROR"},
        "django.security.DisallowedHost": {
            "handlers": ["nowhere"],
            "propagate": False,
        },  # scanners, with a traceback each
    },
}
