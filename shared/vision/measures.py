"""What one picture says against the camera's reference, as plain numbers."""

from dataclasses import dataclass, replace

import numpy as np

from shared.vision.picture import Mask, Picture, agreement
from shared.vision.reference import AGREES, FINE_FLOOR, Reference, detail

# With fewer usable cells than this a picture cannot prove that the view changed.
FEWEST_CELLS = 6
# Noise fills the flat cells too, a busy scene does not: look at the quieter tenth and third.
ROUGHNESS_PERCENTILES = (10, 30)
# In grey levels: what night gain and compression bring into a flat cell and a lit one.
HARMLESS_ROUGHNESS = 20.0
# Focus is judged where the scene has most fine detail: elsewhere it is mostly sensor noise.
DETAILED_QUANTILE = 0.75
# In squared grey levels: compression and dusk wipe out fainter detail, so it proves less.
VISIBLE_DETAIL = 150.0
# Keeps the focus ratio finite in cells without detail.
DETAIL_FLOOR = 0.05


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares and ratios; those that need a reference are neutral while there is none."""

    mean: float
    saturated: float
    flat: float
    exactly_flat: float
    normally_saturated: float = 0.0
    agreement: float = 1.0
    churn: float = 0.0
    focus: float = 1.0
    strange_focus: float = 1.0
    roughness: float = 1.0
    contrast: float = 1.0
    change: float | None = None


def of_picture(picture: Picture) -> Measures:
    return Measures(picture.mean, picture.saturated, picture.flat, picture.exactly_flat)


def against(picture: Picture, reference: Reference, *, previous: Picture | None) -> Measures:
    measures = replace(
        of_picture(picture),
        normally_saturated=reference.saturated,
        roughness=_roughness(picture, reference),
    )
    usable = reference.usable(picture)
    if int(usable.sum()) < FEWEST_CELLS:
        return measures
    same = reference.agreement(picture) >= AGREES
    now = picture.edge_energy[usable].sum()
    return replace(
        measures,
        agreement=float(same[usable].mean()),
        churn=_churn(picture, previous, usable),
        focus=_focus(picture, reference, usable & same),
        strange_focus=_focus(picture, reference, usable & ~same),
        contrast=float(np.sqrt(now / reference.edge_energy[usable].sum())),
    )


def _roughness(picture: Picture, reference: Reference) -> float:
    """How many times rougher than usual the quiet parts are; 1 while they are harmless."""
    now = np.sqrt(np.percentile(picture.fine_energy, ROUGHNESS_PERCENTILES))
    usual = np.sqrt(np.percentile(reference.fine_energy, ROUGHNESS_PERCENTILES) + FINE_FLOOR)
    return float(np.max(np.where(now > HARMLESS_ROUGHNESS, now / usual, 1.0)))


def _focus(picture: Picture, reference: Reference, cells: Mask) -> float:
    if int(cells.sum()) < FEWEST_CELLS:
        return 1.0
    usual = reference.fine_energy
    detailed = cells & (usual >= np.quantile(usual[cells], DETAILED_QUANTILE))
    relative = detail(picture)[detailed] / (reference.detail[detailed] + DETAIL_FLOOR)
    # Blur takes fine detail away; a clock overlay at dusk only gains coarse edges.
    absolute = np.sqrt(picture.fine_energy[detailed] / usual[detailed])
    ratio = np.maximum(relative, absolute)
    light = min(1.0, picture.mean / max(1.0, reference.mean))
    visible = float(np.median(usual[detailed])) * light**2
    trust = min(1.0, visible / VISIBLE_DETAIL)
    return 1 - trust * (1 - float(np.median(ratio)))


def _churn(picture: Picture, previous: Picture | None, cells: Mask) -> float:
    """The share of cells that do not even agree with the frame before."""
    if previous is None:
        return 0.0
    same = agreement(picture, previous.edge_x, previous.edge_y, previous.edge_energy) >= AGREES
    return float(1 - same[cells].mean())
