"""How the command line fails: one line for the user, the rest in the log."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from service import printing
from service.errors import InvalidQuery, ServiceError

if TYPE_CHECKING:
    from service.settings import Settings

logger = logging.getLogger("zhaoshang")


def run_saying_errors(command: Callable[[], None]) -> None:
    """Run `command`; an error is one line and SystemExit: 2 where a user can cause it, else 1."""
    try:
        _refuse_unreadable(sys.argv)
        try:
            command()
        finally:
            sys.stdout.flush()
    except ServiceError as error:
        printing.say(f"错误：{error}", style="red")
        raise SystemExit(2) from None
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except Exception:  # noqa: BLE001 - the last one: whatever went wrong, no stack trace for the user
        printing.say(f"内部出错；详情已记入 {_log_crash()}", style="red")
        raise SystemExit(1) from None


def settings_from_environment() -> Settings:
    """Return the settings; InvalidQuery names the variable that is wrong."""
    # Here, since `--help` asks for no settings and pydantic takes long to load.
    from pydantic import ValidationError

    from service.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        wrong = error.errors()[0]
        name = "_".join(("ZHAOSHANG", *map(str, wrong["loc"]))).upper()
        raise InvalidQuery(f"环境变量 {name} 的值 {wrong['input']!r} 不合要求：{wrong['msg']}") from None


def log_to(folder: Path) -> Path:
    """Have what is logged written to a file in `folder` too; return the file."""
    path = folder / "zhaoshang.log"
    handler = RotatingFileHandler(path, maxBytes=5_000_000, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    return path


def _log_crash() -> Path:
    """Write the stack trace of what is being handled to the log; return its file."""
    from pydantic import ValidationError

    from service.settings import Settings

    try:
        folder = Settings().data_dir
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "zhaoshang.log").touch()
    except (OSError, ValidationError):
        folder = Path(tempfile.gettempdir())
    path = log_to(folder)
    logger.exception("zhaoshang %s", " ".join(sys.argv[1:]))
    return path


def _refuse_unreadable(arguments: Sequence[str]) -> None:
    """Neither a database nor a terminal takes text that is no UTF-8."""
    for text in arguments:
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise InvalidQuery(f"参数不是 UTF-8 文字：{text!a}；文件名若是乱码，请先改名")
