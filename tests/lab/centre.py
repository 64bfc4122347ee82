"""What the lab's data centre serves: pages, names, time, a registrar, a machine, a reflector."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drills.certificates import issue
from tests.lab.programs import Program
from tests.lab.ward import (
    CE,
    CLOCK,
    DOCUMENTS,
    NAME,
    PORTAL,
    PORTAL6,
    REFLECTOR,
    REGISTRAR,
    RESOLVER,
    ROOT,
    SITE,
    VC,
    VM,
    WARDOPS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

CA = "inventory/ca.pem"
_KAMAILIO = """\
debug=1
log_stderror=yes
fork=yes
children=1
tcp_children=1
disable_tcp=yes
listen=udp:{address}:5060
auto_aliases=no
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (method == "REGISTER") {{ if (!save("location")) {{ sl_reply_error(); }} exit; }}
  if (method == "OPTIONS") {{ sl_send_reply("200", "OK"); exit; }}
  sl_send_reply("404", "Not Here");
}}
"""
_NGINX = """\
daemon off;
pid {folder}/{name}.nginx;
error_log stderr;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/{name}.body;
  proxy_temp_path {folder}/{name}.proxy;
  fastcgi_temp_path {folder}/{name}.fastcgi;
  uwsgi_temp_path {folder}/{name}.uwsgi;
  scgi_temp_path {folder}/{name}.scgi;
  server {{
{listen}
    location / {{ default_type text/html; return 200 "<title>{name}</title>\\n"; }}
  }}
}}
"""
_BY_TLS = """\
    listen {address}:443 ssl;
    ssl_certificate {folder}/{name}.pem;
    ssl_certificate_key {folder}/{name}.pem;
    ssl_stapling off;"""


def write_certificates(folder: Path, now: datetime) -> None:
    """An authority of the run's own, and what its servers show: `NAME.pem`, `expired.pem`."""
    certificate = issue((SITE, DOCUMENTS, VC), now)
    (folder / CA).write_bytes(certificate.authority)
    for name in ("tthc", "documents", "codec"):
        _secret(folder / f"{name}.pem", certificate.server)
    _secret(folder / "valid.pem", certificate.server)
    _secret(folder / "expired.pem", certificate.expired)


def _secret(path: Path, octets: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(octets)


def services(folder: Path) -> Iterator[Program]:
    """Every program of the data centre, and the ward's resolver that hangs on it."""
    yield Program(
        "reflector", "dc",
        (WARDOPS, "reflector", "--listen", f"{REFLECTOR}:862", "--allow", "198.18.0.0/16",
         "--rate", "1000"),
        (("udp", f"{REFLECTOR}:862"),),
        {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    yield page("tthc", SITE, folder)
    yield page("documents", DOCUMENTS, folder)
    yield portal(folder)
    yield names(folder, SITE)
    yield ward_names(folder)
    yield time_server(folder)
    yield registrar(folder)
    yield Program(
        "node-exporter", "dc",
        ("prometheus-node-exporter", f"--web.listen-address={VM}:9100", "--log.level=error"),
        (("tcp", f"{VM}:9100"),),
    )  # fmt: skip
    yield Program(
        "iperf3", "dc", ("iperf3", "-s", "-B", REFLECTOR), (("tcp", f"{REFLECTOR}:5201"),)
    )


def page(name: str, address: str, folder: Path) -> Program:
    """One web server with a certificate of its own."""
    listen = _BY_TLS.format(name=name, address=address, folder=folder)
    return _web(name, listen, f"{address}:443", folder)


def portal(folder: Path) -> Program:
    """A web server without TLS, of both kinds of address."""
    return _web("portal", f"    listen {PORTAL}:80; listen [{PORTAL6}]:80;", f"{PORTAL}:80", folder)


def _web(name: str, listen: str, at: str, folder: Path) -> Program:
    config = folder / f"{name}.nginx.conf"
    config.write_text(_NGINX.format(name=name, listen=listen, folder=folder))
    argv = ("nginx", "-p", str(folder), "-c", str(config), "-e", "stderr")
    return Program(name, "dc", argv, (("tcp", at),))


def names(folder: Path, address: str) -> Program:
    """The city's resolver, which says that the site is at this address."""
    return _resolver("dnsmasq", "dc", RESOLVER, f"address=/{NAME}/{address}\n", folder)


def ward_names(folder: Path, address: str = "") -> Program:
    """The ward's own resolver in the terminal device; it asks the city's or lies by itself."""
    answers = f"address=/{NAME}/{address}\n" if address else f"server={RESOLVER}\ncache-size=0\n"
    return _resolver("dnsmasq-ce", "ce", CE, answers, folder)


def _resolver(name: str, host: str, address: str, answers: str, folder: Path) -> Program:
    config = folder / f"{name}.conf"
    config.write_text(
        f"listen-address={address}\nbind-interfaces\nno-resolv\nno-hosts\n{answers}"
        "user=root\npid-file=\n"
    )
    argv = ("dnsmasq", "-k", f"--conf-file={config}", "--log-facility=-")
    return Program(name, host, argv, (("udp", f"{address}:53"),))


def time_server(folder: Path) -> Program:
    """A time server that never touches this machine's clock (`-x`)."""
    config = folder / "chrony.conf"
    config.write_text(
        f"bindaddress {CLOCK}\nallow 198.18.0.0/15\nlocal stratum 3\ncmdport 0\n"
        f"bindcmdaddress {folder}/chrony.ctl\npidfile {folder}/chrony.own\n"
        f"driftfile {folder}/chrony.drift\n"
    )
    argv = ("chronyd", "-x", "-d", "-u", "root", "-f", str(config))
    return Program("chronyd", "dc", argv, (("udp", f"{CLOCK}:123"),))


def registrar(folder: Path) -> Program:
    """A SIP registrar that takes everybody and answers OPTIONS."""
    config = folder / "kamailio.cfg"
    config.write_text(_KAMAILIO.format(address=REGISTRAR))
    modules = next(Path("/usr/lib").glob("*/kamailio/modules"), Path("/usr/lib/kamailio"))
    argv = (
        "kamailio", "-f", str(config), "-DD", "-Y", str(folder), "-w", str(folder),
        "-L", str(modules), "-m", "16", "-M", "4", "-n", "1",
    )  # fmt: skip
    return Program("kamailio", "dc", argv, (("udp", f"{REGISTRAR}:5060"),))
