"""Static files under names that carry their hash, with the imports between ES modules rewritten too."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """`make install` collects them; a static import without its semicolon would be skipped silently."""

    support_js_module_import_aggregation = True
    manifest_strict = True
