"""Stands in for the preview library of kms++, which Debian has not and a service does not need."""


class _AnyName:
    def __getattr__(self, name: str) -> str:
        return name


PixelFormat = _AnyName()
