"""What was measured about faces, in words for organizers: for the command and for the admin."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from proctoring.domain.thresholds import Base, Source, shipped
from proctoring.faces import curves
from proctoring.faces.pairs import Fault, Wrong
from proctoring.faces.proposals import TooFew
from proctoring.models import FaceCalibration

SOURCES: dict[Source, Promise] = {
    Source.PLAN: gettext_lazy("本计划考生底照的校准结果"),
    Source.PAIRS: gettext_lazy("本机构图片的校准结果"),
    Source.TABLE: gettext_lazy("随系统提供的保守阈值表"),
}
FAULTS: dict[Wrong, Promise] = {
    Wrong.UNREADABLE_LIST: gettext_lazy("无法读取清单：%(detail)s"),
    Wrong.NO_COLUMN: gettext_lazy("缺少列：%(detail)s"),
    Wrong.NO_ROWS: gettext_lazy("清单中没有图片"),
    Wrong.EMPTY_CELL: gettext_lazy("单元格为空：%(detail)s"),
    Wrong.TWO_GROUPS: gettext_lazy("同一人属于两个组：%(detail)s"),
    Wrong.TWICE: gettext_lazy("同一图片出现两次：%(detail)s"),
    Wrong.MISSING: gettext_lazy("文件不存在：%(detail)s"),
    Wrong.UNREADABLE: gettext_lazy("图片无法读取：%(detail)s"),
}


def fault(one: Fault) -> str:
    """Return what is wrong and in which line of the list."""
    told = FAULTS[one.wrong] % {"detail": one.detail}
    return _("第 %(line)s 行：%(told)s") % {"line": one.line, "told": told} if one.line else str(told)


def too_few(error: TooFew) -> str:
    """Return why nothing is proposed, and what counts instead."""
    return _("异人比对只有 %(found)s 对，目标误识率 %(target)s 需要至少 %(needed)s 对，因此不提出阈值。") % {
        "found": f"{error.impostor:,}",
        "target": percent(error.target),
        "needed": f"{error.needed:,}",
    }


def percent(rate: float | None) -> str:
    """Return a rate as people read it: 0.1%, 24%; a dash where it is not known."""
    return "—" if rate is None else f"{100 * rate:.2g}%" if rate < 1 else "100%"


def basis(base: Base | None) -> str:
    """Return what the thresholds of an exam rest on, and what they are, in one sentence."""
    if base is None:
        return _("没有可用的阈值：所用人脸模型既没有校准结果，也不在阈值表中。")
    one = base.thresholds(1)
    figures = {
        "source": SOURCES[base.source],
        "target": percent(base.target),
        "single": f"{one.check_in:.3f}",
        "several": f"{base.thresholds(2).check_in:.3f}",
    }
    told = _("依据：%(source)s。目标误识率 %(target)s；入场阈值：一张底照 %(single)s，多张底照 %(several)s。") % figures
    return told + (_("每位考生的阈值按其与相貌最接近的其他考生的距离分别调整。") if base.offset else "")


def measured_on(calibration: FaceCalibration) -> str:
    """Return how much a calibration rests on, and what may be claimed."""
    return _("%(persons)s 人、%(pictures)s 张图片、%(impostor)s 对异人比对；不声称低于 %(least)s 的误识率。") % {
        "persons": f"{calibration.persons:,}",
        "pictures": f"{calibration.pictures:,}",
        "impostor": f"{calibration.impostor:,}",
        "least": percent(3 / calibration.impostor if calibration.impostor else 1.0),
    }


def from_the_table(embedder: str) -> str:
    """Return what a line of the shipped table was measured on."""
    row = shipped(embedder)
    if row is None:
        return ""
    return _(
        "阈值表由公开新闻照片测得（%(persons)s 名东亚人，%(impostor)s 对异人比对，取 95%% 区间的下限）；"
        "一张底照时，约 %(fnmr)s 的本人比对未通过。您的考生可能不同，请尽可能校准。"
    ) % {"persons": row.persons, "impostor": f"{row.impostor:,}", "fnmr": percent(row.fnmr)}


def what_to_run(code: str) -> str:
    """Return what makes an exam decidable that has no threshold."""
    return _(
        "请运行 manage.py calibrate_faces --plan %(code)s；考生照片不足时，"
        "运行 manage.py calibrate_faces --pairs 图片清单.csv --store，或改用自带阈值的人脸模型。"
    ) % {"code": code}


def should_run(code: str) -> str:
    """Return what gives a plan thresholds of its own."""
    return _("建议运行 manage.py calibrate_faces --plan %(code)s，用考生自己的底照校准。") % {"code": code}


# --- pictures --------------------------------------------------------------------------------------------------------


def error_rates(figures: Sequence[Mapping[str, Any]]) -> str:
    """Draw FNMR over FMR as SVG."""
    return curves.error_rates(
        figures, title=_("误拒率与误识率"), across=_("误识率（把他人认作本人）"), up=_("误拒率（认不出本人）")
    )


def spreads(figures: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Draw how the distances are spread, for each row: (its name, SVG)."""
    drawn = []
    for row in figures:
        if row.get("curve"):
            name = curves.name_of(row)
            picture = curves.spread(
                row,
                title=name,
                across=_("人脸距离"),
                genuine=_("本人"),
                impostor=_("他人"),
                threshold=row["threshold_at"].get("0.001"),
            )
            drawn.append((name, picture))
    return drawn
