"""Reads every import of the three apps and says which ones go the wrong way (docs/architecture.md, "The house").

Pure of the project itself: it reads source text, so that a project that does not even start can be checked.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

APPS = ("accounts", "exams", "proctoring")  # each may import those before it, never those behind it
JOINS_THE_APPS = "examplatform"
DOMAIN, FOUNDATION, MODELS, SERVICES, EDGES = range(5)
LAYER_NAMES = ("domain", "foundation", "models", "services", "edges")

# Where each module of an app belongs; it may import its own layer and those below.
LAYERS = {
    "domain": DOMAIN,
    "encryption": FOUNDATION,  # what needs no table of ours
    "threads": FOUNDATION,
    "planned": FOUNDATION,
    "prepared": FOUNDATION,
    "kept": FOUNDATION,
    "faces": FOUNDATION,
    "models": MODELS,
    "services": SERVICES,
    "queries": SERVICES,
    "access": SERVICES,
    "seams": SERVICES,
    "importers": SERVICES,
    "calibrations": SERVICES,
    "calibration_words": SERVICES,
    "checks": EDGES,  # run by manage.py check
    "clearance": SERVICES,
    "devices": SERVICES,  # what a cookie of a browser stands for
    "broadcasts": SERVICES,
    "paper_view": SERVICES,
    "presence": SERVICES,
    "live_view": SERVICES,
    "room_queries": SERVICES,
    "requests": SERVICES,  # what a request of a candidate carries; no answer to it
    "sweeper": EDGES,  # reads the clock, in a thread of the server
    "sessions": SERVICES,
    "throttle": SERVICES,
    "verifier": SERVICES,
    "remote": SERVICES,
    "tasks": EDGES,
    "wording": SERVICES,
    "views": EDGES,
    "answer_door": EDGES,
    "consumers": EDGES,
    "room": EDGES,
    "timeline": EDGES,  # words for people who read
    "admin": EDGES,
    "management": EDGES,
    "receivers": EDGES,
    "staff_site": EDGES,
    "middleware": EDGES,
    "forms": EDGES,
    "templatetags": EDGES,
    "thumbnails": EDGES,
    "companion": EDGES,
    "urls": EDGES,
    "apps": EDGES,
}
# The domain may use the standard library, as long as it is about values, and these.
DOMAIN_PACKAGES = {"numpy", "stdnum", "typing_extensions"}
IMPURE = {
    "os",
    "io",
    "pathlib",
    "shutil",
    "subprocess",
    "socket",
    "asyncio",
    "threading",
    "multiprocessing",
    "time",
    "secrets",
}
CLOCKS_AND_FILES = {"now", "today", "utcnow", "open"}
FACE_PACKAGES = {"cv2", "dlib", "face_recognition", "face_recognition_models", "onnx", "onnxruntime", "simplejpeg"}
SEEING = (
    "bench",
    "bench_frames",
    "calibration",
    "detect",
    "embedders",
    "engine",
    "images",
    "landmarks",
    "models",
    "network",
    "quality",
    "stage",
    "surroundings",
    "thumbnail",
)
MAY_SEE_FACES = {f"proctoring.faces.{module}" for module in SEEING}
HOLDS_ANSWERS = ("exams.domain.marking", "Key")
CANDIDATE_EDGES = (
    "accounts.views",
    "exams.views",
    "exams.paper_view",
    "exams.templatetags",
    "proctoring.views",
    "proctoring.consumers",
    "proctoring.companion",
)


@dataclass(frozen=True)
class Import:
    """One imported name: `from target import name`, or `import target` with an empty name."""

    target: str
    name: str
    line: int


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name of a source file."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(root: Path) -> Iterator[tuple[str, str, bool]]:
    """Yield (module, source, is a package) of all code of the apps, without tests and migrations."""
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            if not {"tests", "migrations"}.intersection(path.parts) and path.name != "factories.py":
                yield module_name(path, root), path.read_text(encoding="utf-8"), path.name == "__init__.py"


def imports(module: str, source: str, *, is_package: bool = False) -> Iterator[Import]:
    """Yield every import of a module, wherever it stands, relative ones made absolute."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            target = node.module or ""
            if node.level:
                parents = module.split(".")
                here = parents[: len(parents) - node.level + is_package]
                target = ".".join([*here, target] if target else here)
            yield from (Import(target, alias.name, node.lineno) for alias in node.names)


def faults(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """Return one sentence for each import of a module that goes the wrong way."""
    found = list(_unknown(module))
    if found:
        return found
    for each in imports(module, source, is_package=is_package):
        reason = _wrong_app(module, each) or _wrong_layer(module, each) or _wrong_package(module, each)
        if reason:
            found.append(f"{module}:{each.line} imports {_full(each)}: {reason}")
    if layer_of(module) == DOMAIN:
        found += [f"{module}:{line} {what}" for line, what in _impurities(source)]
    if module.startswith(CANDIDATE_EDGES) and "marking.Key" in source:
        found.append(f"{module} uses marking.Key: the right answers stay out of what candidates see")
    return found


def layer_of(module: str) -> int | None:
    """Return the layer of a module of the apps; a bare package has none."""
    parts = module.split(".")
    return LAYERS.get(parts[1]) if len(parts) > 1 else None


def _unknown(module: str) -> Iterator[str]:
    if "." in module and layer_of(module) is None:
        yield f"{module}: say in tests/layers.py (LAYERS) to which layer it belongs"


def _full(each: Import) -> str:
    return f"{each.target}.{each.name}" if each.name else each.target


def _wrong_app(module: str, each: Import) -> str:
    here, there = module.split(".", maxsplit=1)[0], each.target.split(".")[0]
    if there == JOINS_THE_APPS:
        return "nobody imports what joins the apps"
    if there in APPS and APPS.index(there) > APPS.index(here):
        return f"{here} knows nothing of {there}"
    return ""


def _wrong_layer(module: str, each: Import) -> str:
    if each.target.split(".")[0] not in APPS:
        return ""
    here, there = layer_of(module), layer_of(_full(each))
    if here is None or there is None or there <= here:
        return ""
    return f"{LAYER_NAMES[here]} may not look up to {LAYER_NAMES[there]}"


def _wrong_package(module: str, each: Import) -> str:
    package = each.target.split(".")[0]
    if package in FACE_PACKAGES and module not in MAY_SEE_FACES:
        return "only the inside of proctoring.faces knows OpenCV, dlib and onnxruntime"
    if (each.target, each.name) == HOLDS_ANSWERS and module.startswith(CANDIDATE_EDGES):
        return "the right answers stay out of what candidates see"
    if layer_of(module) != DOMAIN or package in APPS:
        return ""
    if package in IMPURE:
        return "the domain has no input, output or clock of its own"
    if package not in sys.stdlib_module_names and package not in DOMAIN_PACKAGES:
        return "the domain is pure: the standard library only"
    return ""


def _impurities(source: str) -> Iterator[tuple[int, str]]:
    """Yield what reads a clock, a file or unseeded randomness."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if name in CLOCKS_AND_FILES:
            yield node.lineno, f"calls {name}(): the domain is told, it does not look"
        of_random = (
            isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "random"
        )
        if of_random and name != "Random":
            yield node.lineno, f"calls random.{name}(): pass in a seeded random.Random"
