"""Which processor this is: its generation for a virtual machine, its class and TDP for bare metal.

Model numbers are the kernel's (arch/x86/include/asm/intel-family.h; AMD's revision guides) and
Arm's part numbers (MIDR). A virtual machine may show a number that is not its host's; the feature
flags cannot be ahead of the silicon, so a generation that lacks a flag is out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from green_notebook.data import load
from green_notebook.host import Cpu

CLIENT = "Intel Xeon E and Core (client dies)"

# Family 6 of Intel: servers by model. 85 covers three generations, told apart by the stepping.
_NEHALEM = "Intel Nehalem and Westmere (Xeon 5500/5600)"
_OPTERON = "AMD Opteron (6100 to 6300)"
_INTEL = {
    **dict.fromkeys((26, 30, 37, 44, 46, 47), _NEHALEM),
    45: "Intel Sandy Bridge-EP",
    62: "Intel Ivy Bridge-EP",
    63: "Intel Haswell-EP",
    79: "Intel Broadwell-EP",
    86: "Intel Broadwell-EP",
    106: "Intel Ice Lake-SP",
    108: "Intel Ice Lake-SP",
    143: "Intel Sapphire Rapids-SP",
    207: "Intel Emerald Rapids-SP",
    173: "Intel Granite Rapids (Xeon 6 P)",
    174: "Intel Granite Rapids (Xeon 6 P)",
    175: "Intel Sierra Forest (Xeon 6 E)",
}
_INTEL_CLIENT = {
    *(42, 58, 60, 69, 70, 61, 71, 78, 94, 142, 158, 165, 166, 167, 126, 140, 141),
    *(151, 154, 183, 186, 191, 170, 172, 181, 189, 197, 198, 204),
    # Small cores of their own: Atom, Celeron and Pentium J and N, N100.
    *(28, 55, 76, 92, 122, 150, 156, 190),
}
# AMD: (family, first model, last model).
_AMD = (
    (0x10, 0x00, 0xFF, _OPTERON),
    (0x15, 0x00, 0x0F, _OPTERON),
    (0x17, 0x00, 0x0F, "AMD Naples (EPYC 7001)"),
    (0x17, 0x30, 0x3F, "AMD Rome (EPYC 7002)"),
    (0x19, 0x00, 0x0F, "AMD Milan (EPYC 7003)"),
    (0x19, 0x10, 0x1F, "AMD Genoa/Bergamo (EPYC 9004)"),
    (0x19, 0xA0, 0xAF, "AMD Genoa/Bergamo (EPYC 9004)"),
    (0x1A, 0x00, 0x1F, "AMD Turin (EPYC 9005)"),
)
# Only the Altra has published load data; the other Neoverse cores share its row and get more room.
ARM = "Ampere Altra (Neoverse N1)"

# Generations of cores with one thread.
ONE_THREAD = (ARM, "Intel Sierra Forest (Xeon 6 E)")

# A flag, and the generations that have it, oldest first. (Intel's and AMD's ISA manuals.)
_SPR = (
    "Intel Sapphire Rapids-SP",
    "Intel Emerald Rapids-SP",
    "Intel Granite Rapids (Xeon 6 P)",
)
_ICX = ("Intel Ice Lake-SP", *_SPR)
_CLX = ("Intel Cascade Lake-SP", *_ICX)
_SKX = ("Intel Skylake-SP", *_CLX)
_BDX = ("Intel Broadwell-EP", *_SKX, "Intel Sierra Forest (Xeon 6 E)")
_HSX = ("Intel Haswell-EP", *_BDX)
_INTEL_FLAGS = (
    ("amx_tile", _SPR),
    ("avx512_fp16", _SPR),
    ("avx512_vbmi2", _ICX),
    ("avx512_vnni", _CLX),
    ("avx512f", _SKX),
    ("adx", _BDX),
    ("avx2", _HSX),
)
_ZEN4 = ("AMD Genoa/Bergamo (EPYC 9004)", "AMD Turin (EPYC 9005)")
_ZEN3 = ("AMD Milan (EPYC 7003)", *_ZEN4)
_AMD_FLAGS = (
    ("avx512_vp2intersect", ("AMD Turin (EPYC 9005)",)),
    ("avx512f", _ZEN4),
    ("vaes", _ZEN3),
    ("clwb", ("AMD Rome (EPYC 7002)", *_ZEN3)),
)
_ALL_AMD = ("AMD Naples (EPYC 7001)", "AMD Rome (EPYC 7002)", *_ZEN3)
_ALL = (*_HSX, *_ALL_AMD, ARM)


def generations(cpu: Cpu) -> tuple[str, ...]:
    """The generations that a virtual machine's processor can be: one where number and flags agree."""
    vendor = vendor_of(cpu)
    if vendor in ("Arm", "Apple"):
        return (ARM,)
    if re.search(r"ryzen|threadripper|athlon|phenom|fx\(tm\)|core\(tm\)", cpu.name.lower()):
        return (CLIENT,)
    if vendor == "Intel":
        return _consistent(_intel(cpu), cpu.flags, _INTEL_FLAGS, _HSX)
    if vendor == "AMD":
        return _consistent(_amd(cpu), cpu.flags, _AMD_FLAGS, _ALL_AMD)
    return _ALL


def vendor_of(cpu: Cpu) -> str:
    """ "Intel", "AMD", "Arm", "Apple" or an empty string."""
    text = f"{cpu.vendor} {cpu.name}".lower()
    # 0x61 is Apple's number as an implementer of Arm.
    if "apple" in text or cpu.vendor == "0x61":
        return "Apple"
    if "intel" in text:
        return "Intel"
    if "amd" in text.replace("amd64", ""):
        return "AMD"
    # The implementer's number of /proc/cpuinfo on Arm: Arm, Fujitsu, Nvidia, Qualcomm, Ampere ...
    if cpu.vendor.startswith("0x") or re.search(r"\barm|aarch64|neoverse|graviton|ampere", text):
        return "Arm"
    return ""


def _intel(cpu: Cpu) -> str | None:
    if cpu.family != 6:
        return None
    if cpu.model == 85:
        stepping = cpu.stepping or 0
        # 5-7 Cascade Lake, 10-11 Cooper Lake: the same core and much the same power.
        return "Intel Skylake-SP" if stepping <= 4 else "Intel Cascade Lake-SP"
    if cpu.model in _INTEL_CLIENT:
        return CLIENT
    return _INTEL.get(cpu.model or -1)


def _amd(cpu: Cpu) -> str | None:
    for family, first, last, name in _AMD:
        if cpu.family == family and first <= (cpu.model or 0) <= last:
            return name
    return None


def _consistent(
    told: str | None,
    flags: frozenset[str],
    table: Iterable[tuple[str, tuple[str, ...]]],
    unknown: tuple[str, ...],
) -> tuple[str, ...]:
    # The newest flag decides what the silicon must at least be.
    possible = next((names for flag, names in table if flag in flags), None)
    if told is None:
        return possible or unknown
    # AMX and half-precision AVX-512 exist in no client die; the other flags do.
    client = told == CLIENT and not {"amx_tile", "avx512_fp16"} & flags
    # A flag set that is older than the number is merely hidden; a newer one proves a masked number.
    return (told,) if possible is None or told in possible or client else possible


def contradictory(cpu: Cpu) -> bool:
    """Whether number and flags contradict one another."""
    vendor = vendor_of(cpu)
    told = _intel(cpu) if vendor == "Intel" else _amd(cpu) if vendor == "AMD" else None
    return told is not None and told not in generations(cpu)


def below_design(cpu: Cpu) -> bool:
    """Whether it is a client chip of 2011 to 2013, which stays far below its design power.

    Sandy and Ivy Bridge: no limit of power held them, and a family of chips shared one figure.
    """
    client = not _is_server(cpu, "Intel", plain(cpu.name))
    return vendor_of(cpu) == "Intel" and cpu.family == 6 and cpu.model in (42, 58) and client


def chip_class(cpu: Cpu, *, battery: bool = False) -> str:
    """The class of chip that cpu_package.json has a curve for."""
    vendor, name = vendor_of(cpu), plain(cpu.name)
    if vendor == "Apple":
        return "apple"
    if vendor == "Arm":
        return "arm-server"
    if _is_server(cpu, vendor, name):
        return "amd-server" if vendor == "AMD" else "intel-server"
    if battery or _by_name(name)[1] == "laptop":
        return "laptop"
    if vendor == "AMD":
        return "amd-desktop"
    return "desktop-k" if _UNLOCKED.search(name) else "desktop"


def _is_server(cpu: Cpu, vendor: str, name: str) -> bool:
    if vendor == "AMD":
        client = r"ryzen|athlon|threadripper|fx|phenom|\ba\d+-"
        return bool(re.search(r"epyc|opteron", name)) or (
            _amd(cpu) is not None and not re.search(client, name)
        )
    if "xeon" in name:
        return not re.search(r"xeon (e3|e-|w-1)", name)
    return _intel(cpu) not in (None, CLIENT)


# The maker's names tell the design power where no table does: the letters behind a client chip's
# number say for what it is made (intel.com and amd.com, "processor names"); watts are the base
# powers of most parts with these letters. In order: the first that fits.
_LETTERS = (
    (r"threadripper", 280.0, "desktop"),
    (r"ryzen ai max", 55.0, "laptop"),
    (r"ryzen ai|core ultra \d \d{3}v", 28.0, "laptop"),
    (r"(core|ryzen|athlon|pentium|celeron)\b.* \S*\d(y|c)\b", 7.0, "laptop"),
    (r"\d(u|ue|ul|g[1-7])\b", 15.0, "laptop"),
    (r"\dp\b", 28.0, "laptop"),
    (r"\dhx(3d)?\b", 55.0, "laptop"),
    (r"\d(h|hq|hk|hs|mq|qm|mx|xm|hl)\b", 45.0, "laptop"),
    (r"\dm\b", 35.0, "laptop"),
    (r"^(n\d{2,3}|core i3-n\d+|(celeron|pentium)( silver| gold)? [jn]\d+|atom)", 8.0, "laptop"),
    (r"\d(t|te|ge)\b", 35.0, "desktop"),
    # Unlocked since the 12th generation: their turbo power, which they hold for good.
    (r"core i[3579]-1[2-9]\d{3}k|core ultra \d \d{3}k", 220.0, "desktop"),
    (r"\d(k|kf|ks|x|xt|x3d|xe)\b", 115.0, "desktop"),
    (r"^xeon (e3|e-|w-1)", 80.0, "desktop"),
    (r"^(core|ryzen|pentium|celeron|athlon)", 65.0, "desktop"),
)
_UNLOCKED = re.compile(r"core i[3579]-1[2-9]\d{3}k|core ultra \d \d{3}k")


@cache
def _by_name(name: str) -> tuple[float | None, str]:
    found = ((watts, kind) for text, watts, kind in _LETTERS if re.search(text, name))
    return next(found, (None, ""))


def likely_tdp_w(cpu: Cpu) -> float | None:
    """The design power (W) that the letters of a client chip's name tell; None for others."""
    name = plain(cpu.name)
    return None if _is_server(cpu, vendor_of(cpu), name) else _by_name(name)[0]


def plain(name: str) -> str:
    """A processor's name without marks, clock, core count and the word CPU: "xeon e5-2620 v3"."""
    text = re.sub(r"\((r|tm)\)|®|™", " ", name.lower())
    text = re.sub(r"@.*$|\bwith radeon.*$|\bw/ radeon.*$", " ", text)
    text = re.sub(r"\b(\d+|\w+)-cores?\b(?: processor)?|\b\d+th gen\b", " ", text)
    text = re.sub(r"\b(intel|amd|cpu|processor)\b", " ", text)
    return " ".join(text.split())


@cache
def _chips() -> dict[str, tuple[float, int | None]]:
    # Names are plain in the table: 1,900 of them would take 40 ms here.
    rows = load("cpu_chips")["rows"]
    return {row[0]: (float(row[1]), row[2]) for row in rows}


def _chip(cpu: Cpu) -> tuple[float | None, int | None]:
    name = plain(cpu.name)
    if vendor_of(cpu) == "Apple":
        name = name if name.startswith("apple") else f"apple {name}"
    return _chips().get(name, (None, None))


def tdp_w(cpu: Cpu) -> float | None:
    """The maker's design power (W) of one package, by its name; None where the name is unknown."""
    return _chip(cpu)[0]


def tdp_per_core_w(cpu: Cpu) -> float | None:
    """The design power (W) of one core of the named package; None where it is unknown."""
    watts, cores = _chip(cpu)
    return watts / cores if watts and cores else None


def median(values: Iterable[float]) -> float:
    """The middle of some numbers (``statistics`` would cost 10 ms of import)."""
    ranked = sorted(values)
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
