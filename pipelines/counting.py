"""Which landed files count for a night, and why the others do not. Standard library only.

Everything landed stays. A file does not count when it was replaced by a newer one of its place, when a person
withdrew it, or when its bytes are old: the same twice in a night, changes taken in on an earlier night, a register
that is not the last one but one before. A person can confirm old bytes. "Earlier" is by night, however it was run.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from domain.act import CONFIRM, WITHDRAW, Act, standing
from domain.night import Night
from pipelines.acts import acts_on_files
from pipelines.landing import LandedFile, Manifest, raw_folder, read_manifest
from pipelines.outcome import FileFault, OutcomeStatus
from pipelines.seen import SeenNight, gave_rows, seen_before

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.unit import Source, Unit

State = Literal["counts", "replaced", "withdrawn", "twice", "seen", "old"]
Words = Mapping[str, Act]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A landed file, how it stands on its night, and what the outcome says of it, '' for nothing.

    Of `twice`, `seen` and `old` all this holds only when the bytes hold rows: a file of headings alone repeats on
    every quiet day. `beside` is told, when there are rows, of a file that counts.
    """

    file: LandedFile
    state: State = "counts"
    told: str = ""
    beside: str = ""

    @property
    def status(self) -> OutcomeStatus:
        """What an outcome is, of this file alone, when it does not count for its old bytes."""
        return "FAILED" if self.state == "old" else "COLLECTED"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How every landed file of a (night, unit) stands; whether all is the last night's again."""

    files: tuple[Standing, ...] = ()
    notes: tuple[str, ...] = ()
    is_unchanged: bool = False

    @property
    def read(self) -> tuple[Standing, ...]:
        """Those that are read: all but the replaced and the withdrawn."""
        return tuple(each for each in self.files if each.state not in ("replaced", "withdrawn"))


def subject_of(night: str, unit_code: str, sha256: str) -> str:
    """What an act on a landed file is on: its bytes, on that night of that unit."""
    return f"{night}/{unit_code}/{sha256}"


def words_on_files(settings: "Settings") -> Words:
    """The act that stands for each landed file somebody spoke of."""
    return standing(acts_on_files(settings))


def withdrawn(settings: "Settings", night: str, unit_code: str) -> frozenset[str]:
    """The bytes that were withdrawn from a (night, unit), by SHA-256."""
    own = subject_of(night, unit_code, "")
    return frozenset(
        subject.removeprefix(own)
        for subject, act in words_on_files(settings).items()
        if subject.startswith(own) and act.kind == WITHDRAW
    )


def counted(settings: "Settings", night: str, unit_code: str, manifest: Manifest) -> Counted:
    """How the landed files of a (night, unit) stand."""
    look = _Look(settings=settings, night=night, unit=settings.site.unit(unit_code), words=words_on_files(settings))
    present = [file for file in manifest.files if not file.replaced_by and look.word(file.sha256) != WITHDRAW]
    data = [file for file in present if file.role == "data"]
    look.past = seen_before(settings, unit_code, night) if data else []
    old, is_unchanged = _registers(look, manifest, data)
    states = {id(file): _standing(look, file, data, old) for file in data}
    files = [states.get(id(file)) or _set_aside(look, file) for file in manifest.files]
    return Counted(files=tuple(files), notes=tuple(dict.fromkeys(look.notes)), is_unchanged=is_unchanged)


def sharing(settings: "Settings", night: str, units: Iterable[str]) -> list[str]:
    """The units of a night that landed bytes another one landed too, as far as the folders' names tell."""
    holders: dict[str, list[str]] = {}
    for unit_code in units:
        folder = raw_folder(settings, night, unit_code)
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_dir():
                holders.setdefault(path.name, []).append(unit_code)
    return sorted({unit_code for found in holders.values() if len(found) > 1 for unit_code in found})


@dataclass(kw_only=True)
class _Look:
    """One (night, unit) while it is looked at; `notes` gather what the outcome says whatever is read."""

    settings: "Settings"
    night: str
    unit: "Unit"
    words: Words
    past: list[SeenNight] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def word(self, sha256: str, night: str | None = None) -> str | None:
        """The kind of the act that stands for bytes on a night of this unit."""
        act = self.words.get(subject_of(night or self.night, self.unit.code, sha256))
        return act.kind if act else None


def _set_aside(look: _Look, file: LandedFile) -> Standing:
    """A control file that counts, or a file whose bytes are out of use."""
    if file.replaced_by:
        told = f"Tệp [{file.file_name}] được nộp lại trong đêm; bản trước không tính nữa và vẫn được lưu."
        look.notes.append(told)
        return Standing(file=file, state="replaced", told=told)
    if look.word(file.sha256) != WITHDRAW:
        return Standing(file=file)
    act = look.words[subject_of(look.night, look.unit.code, file.sha256)]
    told = f"Tệp [{file.file_name}] không tính: {_said(act)} rút tệp, lý do: {act.reason}"
    look.notes.append(told)
    return Standing(file=file, state="withdrawn", told=told)


def _standing(look: _Look, file: LandedFile, data: list[LandedFile], old: Mapping[str, str]) -> Standing:
    """A data file that is in use."""
    first = next(f for f in data if (f.source_id, f.sha256) == (file.source_id, file.sha256))
    if first is not file:
        told = f"Tệp [{file.file_name}] trùng từng byte với tệp [{first.file_name}] cùng đêm, chỉ tính một lần."
        return Standing(file=file, state="twice", told=told)
    source = look.unit.source(file.source_id)
    told = (
        old.get(file.source_id, "") if source is None or source.extract == "full" else _taken_in(look, source, file)
    )
    if told:
        return Standing(file=file, state="old" if file.source_id in old else "seen", told=told)
    return Standing(file=file, beside=_shared(look, file))


def _taken_in(look: _Look, source: "Source", file: LandedFile) -> str:
    """What is said of changes whose bytes an earlier night took in; '' when none did, or when they hold no row."""
    alike = {each.id for each in look.unit.sources if each.table == source.table}
    found = [
        (one.night, each.file_name)
        for one in look.past
        for each in one.files
        if each.sha256 == file.sha256 and each.source_id in alike and look.word(each.sha256, one.night) != WITHDRAW
    ]
    if not found or not gave_rows(look.settings, found[-1][0], look.unit.code, file.sha256):
        return ""
    if _confirmed(look, [file]):
        return ""
    night, name = found[0]
    return f"Tệp [{file.file_name}] đã nhận ngày {_day(night)} (tệp [{name}]), không tính lại."


def _registers(look: _Look, manifest: Manifest, data: list[LandedFile]) -> tuple[dict[str, str], bool]:
    """Of full registers: by source, what is said of old ones; and whether all is the last night's again."""
    full = [source.id for source in look.unit.sources if source.extract == "full"]
    tonight = {name: found for name in full if (found := frozenset(f.sha256 for f in data if f.source_id == name))}
    if not tonight:
        return {}, False
    stood = _stood(look, full, lambda one, sha256: True)
    if any(stood.is_old(name, found) for name, found in tonight.items()):
        # Rare, so only now it is asked which nights gave no rows: an empty file between two does not make one old.
        stood = _stood(look, full, lambda one, sha256: gave_rows(look.settings, one, look.unit.code, sha256))
    old = {
        name: [f for f in data if f.source_id == name] for name, found in tonight.items() if stood.is_old(name, found)
    }
    told = {name: _old(look, files, stood) for name, files in old.items() if not _confirmed(look, files)}
    is_whole = len(full) == len(look.unit.sources) and not manifest.faults
    return told, is_whole and not old and tonight == stood.last


@dataclass(kw_only=True)
class _Stood:
    """How the registers of a unit stood after some nights.

    `stands`: by source the bytes that hold and since which night; `first`: the first night of all bytes ever taken.
    """

    stands: dict[str, tuple[frozenset[str], str]] = field(default_factory=dict)
    first: dict[tuple[str, frozenset[str]], str] = field(default_factory=dict)
    last: dict[str, frozenset[str]] = field(default_factory=dict)

    def is_old(self, name: str, found: frozenset[str]) -> bool:
        """Whether bytes were taken once and others since."""
        return (name, found) in self.first and self.stands[name][0] != found


def _stood(look: _Look, full: list[str], has_rows: Callable[[str, str], bool]) -> _Stood:
    """The registers after all earlier nights; what was old on its own night, and not confirmed, changed nothing."""
    stood = _Stood()
    for one in look.past:
        taken = {}
        for name in full:
            shas = frozenset(
                f.sha256
                for f in one.files
                if f.source_id == name and not f.is_replaced and look.word(f.sha256, one.night) != WITHDRAW
            )
            if not any(has_rows(one.night, sha256) for sha256 in shas):
                continue
            if stood.is_old(name, shas) and not any(look.word(sha256, one.night) == CONFIRM for sha256 in shas):
                continue
            taken[name] = shas
            if name not in one.faulty and stood.stands.get(name, (None,))[0] != shas:
                stood.stands[name] = shas, one.night
                stood.first.setdefault((name, shas), one.night)
        stood.last = taken or stood.last
    return stood


def _old(look: _Look, files: list[LandedFile], stood: _Stood) -> str:
    """What is said of a register whose bytes are older than those that stand."""
    name = files[0].source_id
    from_night, since = stood.first[name, frozenset(f.sha256 for f in files)], stood.stands[name][1]
    names = ", ".join(f"[{file.file_name}]" for file in files)
    fault = FileFault(
        "E-BAN-CU",
        f"Bản trích đầy đủ {names} trùng từng byte với bản đã nhận ngày {_day(from_night)}, cũ hơn bản ngày "
        f"{_day(since)}; giữ nguyên số liệu theo bản ngày {_day(since)}, không tính bản này.",
        mend="đề nghị đơn vị nộp bản trích mới; nếu đây đúng là số liệu hiện hành thì quản trị hệ thống xác nhận: "
        f"tinhgon landing confirm {look.night} {look.unit.code} '{files[0].file_name}' --by … --reason …",
    )
    return str(fault)


def _shared(look: _Look, file: LandedFile) -> str:
    """What is said of bytes that other units handed in on this night too."""
    others = [
        unit_code
        for unit_code in look.settings.site.units_on(Night(look.night).day)
        if unit_code != look.unit.code
        and (raw_folder(look.settings, look.night, unit_code) / file.sha256[:12]).is_dir()
        and _holds(look, unit_code, file.sha256)
    ]
    if not others:
        return ""
    named = ", ".join(f"[{code}]" for code in others)
    return (
        f"Tệp [{file.file_name}] trùng từng byte với tệp của đơn vị {named} nộp cùng đêm; vẫn tính cho từng đơn vị, "
        "đề nghị kiểm tra đơn vị nào nộp nhầm."
    )


def _confirmed(look: _Look, files: list[LandedFile]) -> bool:
    """Whether a person confirmed bytes that would be taken for old; the outcome says who."""
    for file in files:
        if look.word(file.sha256) == CONFIRM:
            act = look.words[subject_of(look.night, look.unit.code, file.sha256)]
            look.notes.append(
                f"Tệp [{file.file_name}] có nội dung đã nhận trước đây, vẫn tính: {_said(act)} xác nhận, lý do: "
                f"{act.reason}"
            )
            return True
    return False


def _holds(look: _Look, unit_code: str, sha256: str) -> bool:
    """Whether bytes count for another unit on this night."""
    act = look.words.get(subject_of(look.night, unit_code, sha256))
    manifest = read_manifest(look.settings, look.night, unit_code) or Manifest()
    return not (act and act.kind == WITHDRAW) and any(
        file.sha256 == sha256 and file.role == "data" and not file.replaced_by for file in manifest.files
    )


def _said(act: Act) -> str:
    role = f" ({act.role})" if act.role else ""
    return f"{act.actor}{role}, ngày {act.said_at:%d/%m/%Y}"


def _day(night: str) -> str:
    return f"{Night(night).day:%d/%m/%Y}"
