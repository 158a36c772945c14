"""Which consent text is in force. A changed text gets a new version, and is asked for anew."""

VERSION = "2026-12"
