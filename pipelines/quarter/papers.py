"""The papers of a quarter, from an edition and what was decided on it, and from nothing else.

Book (so_tay_quy.html), proposal file (phuong_an_don_gian_hoa.docx), table II.06a (XLSX). The papers of a signed
edition are the bytes that were signed, whatever a newer program would write.
"""

import hashlib
import os
import shutil
from pathlib import Path

import pandas as pd

from domain.act import SIGN, Act
from domain.errors import KnownError
from pipelines.edition import Edition
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.proposals_docx import write_proposals_docx
from pipelines.publish.quarter_book import write_quarter_book
from pipelines.publish.report_06a import write_report_06a_xlsx
from pipelines.quarter.analyse import results_of
from pipelines.quarter.decide import decisions_on, signature_of
from pipelines.sealed import write_bytes

SIGNED = "signed"


def write_papers(edition: Edition, acts: list[Act], folder: Path) -> list[Path]:
    """Write the papers of an edition into a folder, as signed when it is signed; returns their paths."""
    signature = signature_of(acts, edition)
    if signature is not None and signature.kind == SIGN:
        return _handed_out(edition, signature, folder)
    return _made(edition, acts, folder)


def keep_papers(edition: Edition, acts: list[Act]) -> dict[str, str]:
    """Make the papers that are about to be signed and keep them with the edition: file name -> SHA-256."""
    folder = edition.folder / SIGNED / f"making-{os.getpid()}"
    papers = {path.name: path.read_bytes() for path in _made(edition, acts, folder)}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in papers.items()}
    for name, data in papers.items():
        write_bytes(_kept(edition, name, hashes[name]), data)
    shutil.rmtree(folder, ignore_errors=True)
    return hashes


def papers_of(edition: Edition, acts: list[Act]) -> QuarterPapers:
    """Everything the papers print."""
    facts = edition.facts
    return QuarterPapers(
        quarter=edition.subject,
        edition=edition.number,
        fingerprint=edition.fingerprint,
        site_name=facts["site_name"],
        results=results_of(edition),
        units=edition.frames["unit"],
        procedures=edition.frames["procedure"],
        procedure_paper=edition.frames["procedure_paper"],
        procedure_step=edition.frames["procedure_step"],
        office_names={(unit, code): name for unit, code, name in facts["office_names"]},
        decisions=decisions_on(acts, edition),
        carried_difference=edition.frames.get("carried_difference", pd.DataFrame()),
        released_night=facts["released_night"],
        coverage=facts["coverage"],
        is_complete=facts["is_complete"],
        missing=facts["missing"],
        minimum_group=facts["minimum_group"],
        rate_vnd=facts["rate_vnd"],
        rate_source=facts["rate_source"],
        place=facts["place"],
        province_name=facts["province_name"],
        thresholds=[(name, value, source) for name, value, source in facts["thresholds"]],
    )


def _made(edition: Edition, acts: list[Act], folder: Path) -> list[Path]:
    papers = papers_of(edition, acts)
    return [
        write_quarter_book(papers, folder),
        write_proposals_docx(papers, folder),
        write_report_06a_xlsx(papers, folder),
    ]


def _handed_out(edition: Edition, signature: Act, folder: Path) -> list[Path]:
    paths = []
    for name, digest in signature.said["papers"].items():
        kept = _kept(edition, name, digest)
        data = kept.read_bytes() if kept.is_file() else b""
        if hashlib.sha256(data).hexdigest() != digest:
            raise KnownError(
                "E-EDITION-BROKEN",
                f"[{kept}] is not the paper that was signed by [{signature.actor}].",
                mend="bring the edition's folder back from a backup: a signed paper is never made again",
            )
        write_bytes(folder / name, data)
        paths.append(folder / name)
    return paths


def _kept(edition: Edition, name: str, digest: str) -> Path:
    return edition.folder / SIGNED / digest[:12] / name
