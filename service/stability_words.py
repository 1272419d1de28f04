"""How far gaps and ratings can be relied on, as sentences: the same on pages and on the command line."""

from __future__ import annotations

from service.domain.confidence import DRAWS, Ground, RatingConfidence
from service.domain.gaps import Basis, Rating
from service.domain.stability import ListStability
from service.words import GAP_FACTORS, RATINGS, STABILITY


def say_stability(found: ListStability) -> str:
    """Return what moved weights do to the head of a list of gaps."""
    if found.mark is None:
        return f"稳定性：共 {found.gaps} 处缺链，全部在前 {found.head} 位之内，权重变动只影响先后。"
    words = (
        f"稳定性：{STABILITY[found.mark]}。各项权重分别在 ±{found.spread * 100:.0f}% 内变动时，"
        f"前 {found.head} 位缺链平均保留 {found.kept_mean * 100:.0f}%，"
        f"95% 的情形下不少于 {found.kept_worst * 100:.0f}%"
    )
    if found.most_sensitive:
        words += f"；对“{GAP_FACTORS[found.most_sensitive]}”的权重最敏感"
    return f"{words}。"


def say_confidence(found: RatingConfidence, rating: Rating, basis: Basis) -> str:
    """Return what the confidence of a rating rests on."""
    if found.ground is Ground.RESAMPLED:
        words = (
            f"把比较范围内的企业重新抽样 {DRAWS} 次，{found.share * 100:.0f}% 的结果仍是“{RATINGS[rating]}”"
        )
        return f"{words}，{(found.gap_share or 0.0) * 100:.0f}% 的结果属于缺、疑缺或弱。"
    chance = f"{(1.0 - found.share) * 100:.0f}%"
    if basis is Basis.COMPLETE:
        return (
            f"完整名录中没有见到企业；与其他地区相仿的地方，一家也见不到的可能约 {chance}，"
            "应有家数越少越常见。"
        )
    return (
        f"名录中没有见到企业；与其他地区相仿的地方，名录内一家也见不到的可能约 {chance}。"
        "名录之外有没有企业无从推断，置信至多为“中”。"
    )
