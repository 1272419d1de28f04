"""Settings: read once from the environment by `create_app` or the command line, never at import."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.errors import DataDirUnusable

_REASONS = {
    errno.EACCES: "没有写权限",
    errno.EPERM: "没有写权限",
    errno.EROFS: "磁盘是只读的",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出磁盘配额",
    errno.EEXIST: "路径上有同名文件，不是文件夹",
    errno.ENOTDIR: "路径上有同名文件，不是文件夹",
}


def say_os_error(error: OSError) -> str:
    """Return why a file or folder could not be written, in words for the user."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


def _default_data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "zhaoshang-map"


class Settings(BaseSettings):
    """Everything that can be set from outside; each field is described in docs/settings.md."""

    model_config = SettingsConfigDict(env_prefix="ZHAOSHANG_", frozen=True)

    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Folder of database, caches, uploads and rejects files (数据目录)",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy address of the database; empty means SQLite in the data folder",
    )
    chains_dir: Path | None = Field(
        default=None, description="Folder of the chain files; unset means the chains that are shipped"
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on; only loopback is accepted")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on")
    max_upload_mb: int = Field(
        default=200, ge=1, description="Largest file that the import page takes, in MB"
    )
    map_review_number: str = Field(
        default="", description="审图号 printed on every map; empty prints 内部资料 未经审图"
    )
    map_tiles: Literal["", "tianditu", "gaode"] = Field(
        default="", description="Base map under the interactive map; empty asks nobody for anything"
    )
    tianditu_key: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]*$", max_length=64)] = Field(
        default="", description="The bureau's own key of Tianditu, needed for its tiles"
    )

    pdf_font: Path | None = Field(
        default=None, description="Chinese TrueType font that PDFs embed; unset means one that is found"
    )

    @field_validator("data_dir", "chains_dir", "pdf_font")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value is not None else None

    @model_validator(mode="after")
    def _plain_postgres_means_psycopg(self) -> Self:
        # People paste "postgresql://..." or "postgres://..."; SQLAlchemy would look for psycopg2.
        for prefix in ("postgresql://", "postgres://"):
            if self.database_url.startswith(prefix):
                url = "postgresql+psycopg://" + self.database_url.removeprefix(prefix)
                object.__setattr__(self, "database_url", url)
        return self

    @model_validator(mode="after")
    def _tianditu_has_a_key(self) -> Self:
        if self.map_tiles == "tianditu" and not self.tianditu_key:
            raise ValueError("map_tiles=tianditu 还需要设置 ZHAOSHANG_TIANDITU_KEY（向天地图申请的密钥）")
        return self

    @property
    def sqlalchemy_url(self) -> str:
        """The address of the database to open."""
        return self.database_url or f"sqlite:///{self.database_file}"

    @property
    def database_file(self) -> Path:
        """The file of the database where none is named by its address."""
        return self.data_dir / "zhaoshang.db"

    @property
    def cache_dir(self) -> Path:
        """Folder of things that can be made again: simplified boundaries, indexes."""
        return self.data_dir / "cache"

    @property
    def uploads_dir(self) -> Path:
        """Folder of files uploaded through the pages."""
        return self.data_dir / "uploads"

    @property
    def rejects_dir(self) -> Path:
        """Folder of the rejects files, one for each import."""
        return self.data_dir / "rejects"

    @property
    def briefs_dir(self) -> Path:
        """Folder of the sets of briefing files, each kept for some days."""
        return self.data_dir / "briefs"

    def prepare_data_dir(self) -> None:
        """Make the data folder and prove that it can be written; DataDirUnusable when it cannot."""
        try:
            for folder in (self.data_dir, self.cache_dir, self.uploads_dir, self.rejects_dir):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.data_dir / f".probe-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise DataDirUnusable(self.data_dir, say_os_error(error)) from error
