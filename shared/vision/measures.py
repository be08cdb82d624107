"""What one picture says against the camera's reference, as plain numbers."""

from dataclasses import dataclass, replace

import numpy as np

from shared.vision import shift
from shared.vision.picture import COLUMNS, ROWS, Mask, Picture, agreement
from shared.vision.reference import AGREES, FINE_FLOOR, Reference, detail

# With fewer usable cells than this a picture cannot prove that the view changed.
FEWEST_CELLS = 6
# Noise fills the flat cells too, a busy scene does not: look at the quieter tenth and third.
QUIET_CELLS = [COLUMNS * ROWS // 10, COLUMNS * ROWS * 3 // 10]
# In grey levels: what night gain and compression bring into a flat cell and a lit one.
HARMLESS_ROUGHNESS = 20.0
# Focus is judged where the scene has most fine detail: elsewhere it is mostly sensor noise.
DETAILED_QUANTILE = 0.75
# In squared grey levels: compression and dusk wipe out fainter detail, so it proves less.
VISIBLE_DETAIL = 150.0
# With this much of the view in its place nothing can have slid; saves the costliest check.
SUSPICIOUS = 0.85
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
    has_slid: bool = False
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
    agreed = float(same[usable].mean())
    return replace(
        measures,
        agreement=agreed,
        has_slid=agreed < SUSPICIOUS
        and shift.has_slid(picture, reference.edge_x, reference.edge_y),
        churn=_churn(picture, previous, usable),
        focus=_focus(picture, reference, usable & same),
        strange_focus=_focus(picture, reference, usable & ~same),
        contrast=float(np.sqrt(now / reference.edge_energy[usable].sum())),
    )


def _roughness(picture: Picture, reference: Reference) -> float:
    """How many times rougher than usual the quiet parts are; 1 while they are harmless."""
    now = np.sqrt(np.sort(picture.fine_energy, axis=None)[QUIET_CELLS])
    usual = np.sqrt(np.sort(reference.fine_energy, axis=None)[QUIET_CELLS] + FINE_FLOOR)
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
