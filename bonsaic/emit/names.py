"""Which names each target language allows, and how a name it does not is changed for all to see."""

from __future__ import annotations

import itertools
import json
import re

from bonsaic.ir.core import unused

_PYTHON = """
    False None True and as assert async await break class continue def del elif else except finally for from global if
    import in is lambda nonlocal not or pass raise return try while with yield match case type
    abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright
    credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset getattr globals hasattr hash
    help hex id input int isinstance issubclass iter len license list locals map max memoryview min next object oct open
    ord pow print property quit range repr reversed round set setattr slice sorted staticmethod str sum super tuple
    vars zip
    self sys ticks Iterable Iterator
"""

_VERILOG = """
    always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default defparam
    design disable edge else end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable
    endtask event for force forever fork function generate genvar highz0 highz1 if ifnone incdir include initial inout
    input instance integer join large liblist library localparam macromodule medium module nand negedge nmos nor
    noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive pull0 pull1 pulldown pullup
    pulsestyle_onevent pulsestyle_ondetect rcmos real realtime reg release repeat rnmos rpmos rtran rtranif0 rtranif1
    scalared showcancelled signed small specify specparam strong0 strong1 supply0 supply1 table task time tran tranif0
    tranif1 tri tri0 tri1 triand trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor
    accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte chandle
    checker class clocking const constraint context continue cover covergroup coverpoint cross dist do endchecker
    endclass endclocking endgroup endinterface endpackage endprogram endproperty endsequence enum eventually expect
    export extends extern final first_match foreach forkjoin global iff ignore_bins illegal_bins implements implies
    import inside int interconnect interface intersect join_any join_none let local logic longint matches modport
    nettype new nexttime null package packed priority program property protected pure rand randc randcase randsequence
    ref reject_on restrict return s_always s_eventually s_nexttime s_until s_until_with sequence shortint shortreal
    soft solve static string strong struct super sync_accept_on sync_reject_on tagged this throughout timeprecision
    timeunit type typedef union unique unique0 until until_with untyped var virtual void wait_order weak wildcard with
    within
    clk rst unused
"""
# Of ports and nets Verilator warns, which makes C++ of them.
_CPP = """
    abort alignas alignof and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bit_vector bitand bitor bool
    catch cdecl char char16_t char32_t compl complex concept const_cast const_iterator constexpr decltype delete deque
    double dynamic_cast explicit false far float friend goto huge inline interrupt list long mailbox map mutable
    namespace near noexcept not_eq nullptr operator or_eq override pascal private process public queue register
    requires sc_clock sc_in sc_inout sc_out sc_signal semaphore sensitive sensitive_neg sensitive_pos set short sizeof
    stack static_assert static_cast switch synchronized template thread_local throw transaction_safe
    transaction_safe_dynamic true try type_info typeid typename uint16_t uint32_t uint8_t using vector volatile
    wchar_t xor_eq
"""

PYTHON = frozenset(_PYTHON.split())
VERILOG = frozenset(_VERILOG.split())
CPP = frozenset(_CPP.split())

NOTE = re.compile(r'([a-z]+) ("(?:[^"\\]|\\.)*") is called (\w+) here')


class Names:
    """Hands out names that are legal and unused in one text; every changed one leaves a line in `notes`.

    The first to ask for a name gets it, so ask for ports first.
    """

    def __init__(self, reserved: frozenset[str]):
        self._used = set(reserved)
        self.notes: list[str] = []

    def avoid(self, taken: frozenset[str]) -> None:
        """Hand none of these out from now on."""
        self._used |= taken

    def take(self, kind: str, wanted: str) -> str:
        """A name for the port, register or value `wanted`: itself where that is possible."""
        name = re.sub(r"\W+", "_", wanted, flags=re.ASCII).rstrip("_") if wanted else kind
        name = re.sub(r"^_+", "_", name)
        if not name or name == "_" or name[0].isdigit():
            name = f"{kind}_{name.lstrip('_')}".rstrip("_")
        name = self.derive(name)
        if name != wanted:
            self.notes.append(f"{kind} {json.dumps(wanted)} is called {name} here")
        return name

    def derive(self, name: str) -> str:
        """An unused name for a value that the module does not name: this one, or it and underscores."""
        return unused(name, self._used)

    def number(self) -> str:
        """The first unused of t1, t2, ...; for values that have no name of their own."""
        return self.derive(next(t for i in itertools.count(1) if (t := f"t{i}") not in self._used))


def originals(text: str) -> dict[tuple[str, str], str]:
    """What the notes in an emitted text say: (kind, name here) -> the name in the module."""
    return {(kind, here): json.loads(quoted) for kind, quoted, here in NOTE.findall(text)}
