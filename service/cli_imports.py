"""The commands about imports that are done: `zhaoshang imports`, `zhaoshang undo`."""

from __future__ import annotations

from typing import Annotated

import typer

from service import printing
from service.cli_shared import FormatOption, as_published, opened_workspace, progress_bar
from service.printing import Format

_LIST = {
    "id": "#", "file_name": "文件", "source": "来源", "finished_at": "时间", "rows": "行数",
    "accepted": "新增", "updated": "更新", "rejected": "未收", "undone_at": "撤销时间",
}  # fmt: skip
_UNDONE = {
    "id": "#",
    "source": "来源",
    "removed": "移除",
    "restored": "恢复原状",
    "decisions": "随之删去的核实",
}


def imports_command(form: FormatOption = Format.TABLE) -> None:
    """列出已完成的导入，新的在前。"""
    from service.results_imports import ImportRead
    from service.storage.sources import list_imports

    with opened_workspace() as workspace, workspace.session() as session:
        rows = as_published([ImportRead.model_validate(record) for record in list_imports(session)])
    printing.print_rows(rows, _LIST, form)


def undo_command(
    number: Annotated[int, typer.Argument(help="导入编号，见 zhaoshang imports")],
    form: FormatOption = Format.TABLE,
) -> None:
    """整体撤销一次导入：新增的企业移除，更新过的恢复原状。"""
    from service.pipeline.undo import undo_import
    from service.results_imports import UndoRead

    with opened_workspace() as workspace, progress_bar("撤销") as (bar, task):
        report = undo_import(
            workspace.engine,
            workspace.knowledge,
            number,
            progress=lambda stage, share: bar.update(task, description=stage, completed=share),  # type: ignore[arg-type]
        )
    (row,) = as_published([UndoRead.model_validate(report)])
    if form is Format.JSON:
        printing.print_json(row)
        return
    printing.print_rows([row], _UNDONE, form)
