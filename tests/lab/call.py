"""A real call in the lab: a registrar that asks for passwords, a bridge, and an endpoint.

Kamailio and the bridge (baresip, which answers by itself and sends all sound back) stand in the
data centre, the endpoint (baresip) in the ward; both are registered with a password. Who calls is
our own test call, from the agent's host.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab.lab import missing
from tests.lab.net import LabError
from tests.lab.programs import Program, wait_for
from tests.lab.ward import PYTHON, REFLECTOR, REGISTRAR, ROOT, VC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.lab import Lab

DOMAIN, PASSWORD = "lab.example", "lab-password"
BRIDGE, ROOM, TESTER, LOCKED = "bridge", "room", "tester", "locked"
MD5_PORT, SHA_PORT, RPC_PORT, BRIDGE_PORT = 5070, 5071, 8070, 5080
LOOKUP = f"http://{REGISTRAR}:{RPC_PORT}/RPC"
CALL = "tests.lab.calling"
SILENT = 5079  # nobody listens there
_SOON_S = 20.0
# Passwords are asked for by MD5, which is all that baresip 1.0 speaks, and at another port by
# SHA-256 (RFC 8760); `auth` checks by one of them for the whole process.
_KAMAILIO = """\
debug=1
log_stderror=yes
fork=yes
children=1
tcp_children=1
listen=udp:{address}:{port}
listen=tcp:{address}:{port}
listen=tcp:{address}:{rpc}
tcp_accept_no_cl=yes
auto_aliases=no
alias={domain}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "xhttp.so"
loadmodule "jsonrpcs.so"
modparam("jsonrpcs", "transport", 1)
modparam("auth", "algorithm", "{algorithm}")
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (method == "OPTIONS") {{ sl_send_reply("200", "OK"); exit; }}
  if (method == "REGISTER") {{
    if ($tU == "locked") {{ sl_send_reply("403", "Forbidden"); exit; }}
    if (!pv_www_authenticate("{domain}", "{password}", "0")) {{
      www_challenge("{domain}", "1"); exit;
    }}
    if (!save("location")) {{ sl_reply_error(); }}
    exit;
  }}
  if (has_totag()) {{ t_relay(); exit; }}
  if (method == "CANCEL") {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
  if (method == "INVITE" && !pv_proxy_authenticate("{domain}", "{password}", "0")) {{
    proxy_challenge("{domain}", "1"); exit;
  }}
  $rd = "{domain}";
  if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
  t_relay();
}}
event_route[xhttp:request] {{
  if ($hu =~ "^/RPC") {{ jsonrpc_dispatch(); exit; }}
  xhttp_reply("404", "Not Found", "text/plain", "");
}}
"""
_BARESIP = """\
poll_method epoll
sip_listen {address}:{port}
call_max_calls 2
audio_source aubridge,sound
audio_player aubridge,sound
audio_alert aubridge,alert
audio_txmode thread
rtp_stats yes
module_path {modules}
module g711.so
module aubridge.so
module_app account.so
module_app menu.so
module_app rtcpsummary.so
"""


@contextmanager
def call_lab(lab: Lab) -> Iterator[None]:
    """The programs of the call, up and registered; gone afterwards. Raises LabError."""
    if gone := missing(("baresip",)):
        raise LabError(f"not installed: {', '.join(gone)}; .ci/run names Debian's packages")
    programs = (
        registrar(lab.folder, "registrar-md5", "MD5", MD5_PORT, RPC_PORT),
        registrar(lab.folder, "registrar-sha", "SHA-256", SHA_PORT, RPC_PORT + 1),
        phone(lab.folder, BRIDGE, "dc", REFLECTOR),
        phone(lab.folder, ROOM, "vc", VC),
    )
    try:
        lab.programs.run(*programs[:2])
        lab.programs.run(*programs[2:])
        for who in (BRIDGE, ROOM):
            assert wait_for(lambda: registered(lab, who), _SOON_S), lab.programs.tail(who)  # noqa: B023 - called now
        yield
    finally:
        for program in reversed(programs):
            lab.programs.stop(program.name)


def registrar(folder: Path, name: str, algorithm: str, port: int, rpc: int) -> Program:
    """A SIP registrar and proxy that asks for passwords, and tells of its store by JSON-RPC."""
    own = folder / name
    own.mkdir(exist_ok=True)
    config = own / "kamailio.cfg"
    config.write_text(
        _KAMAILIO.format(
            address=REGISTRAR, port=port, rpc=rpc, domain=DOMAIN, password=PASSWORD,
            algorithm=algorithm,
        )
    )  # fmt: skip
    modules = next(Path("/usr/lib").glob("*/kamailio/modules"), Path("/usr/lib/kamailio"))
    argv = (
        "kamailio", "-f", str(config), "-DD", "-Y", str(own), "-w", str(own),
        "-L", str(modules), "-m", "16", "-M", "4", "-n", "1",
    )  # fmt: skip
    return Program(
        name, "dc", argv, (("udp", f"{REGISTRAR}:{port}"), ("tcp", f"{REGISTRAR}:{rpc}"))
    )


def phone(folder: Path, who: str, host: str, address: str) -> Program:
    """A baresip that is registered, answers by itself and sends back what it hears."""
    own = folder / who
    own.mkdir(exist_ok=True)
    modules = "/usr/lib/baresip/modules"
    config = _BARESIP.format(address=address, port=BRIDGE_PORT, modules=modules)
    (own / "config").write_text(config)
    (own / "contacts").write_text("\n")
    (own / "accounts").write_text(
        f"<sip:{who}@{DOMAIN}>;auth_user={who};auth_pass={PASSWORD};regint=60;answermode=auto;"
        f'outbound="sip:{REGISTRAR}:{MD5_PORT};transport=udp";audio_codecs=pcma,pcmu\n'
    )
    argv = ("baresip", "-4", "-f", str(own))
    return Program(who, host, argv, (("udp", f"{address}:{BRIDGE_PORT}"),), urgent=True)


def registered(lab: Lab, who: str) -> bool:
    """What the registrar itself says: its whole store, by its JSON-RPC, asked where it stands."""
    asked = {"jsonrpc": "2.0", "method": "ul.dump", "params": [], "id": 1}
    said = json.loads(lab.net.run("dc", PYTHON, "-c", _ASK, LOOKUP, json.dumps(asked)))
    (table,) = said["result"]["Domains"]
    return who in {one["Info"]["AoR"].partition("@")[0] for one in table["Domain"]["AoRs"]}


# Its own few lines: the probe under test must not be what it is compared with.
_ASK = """\
import sys, urllib.request
asked = urllib.request.Request(sys.argv[1], sys.argv[2].encode())
sys.stdout.buffer.write(urllib.request.urlopen(asked, timeout=5).read())
"""


def ours(lab: Lab, *argv: str, within_s: float = 90) -> Any:
    """What our own probes say, run on the agent's host: see `tests.lab.calling`."""
    environ = f"PYTHONPATH={ROOT}"
    shown = lab.net.run(
        "agent", "/usr/bin/env", environ, PYTHON, "-m", CALL, *argv, within_s=within_s
    )
    return json.loads(shown)
