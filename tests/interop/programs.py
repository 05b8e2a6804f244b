"""Servers and proxies from the system's packages, each with a configuration of its own in a directory of its own."""

from __future__ import annotations

import os
import shutil
import textwrap
from pathlib import Path

from tests.live.certificates import Certificates
from tests.live.processes import Port, Program, Word

PACKAGES = {"nghttpd": "nghttp2-server"}  # that are not named as the program is
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"  # where servers are, and a user's PATH need not lead


def installed(name: str) -> str:
    """The path of a program. Raises where it is missing: what was not checked must not look like what passed."""
    found = shutil.which(name) or shutil.which(name, path=SYSTEM_PATH)
    if found is None:
        raise AssertionError(f"{name} is not installed: apt-get install {PACKAGES.get(name, name)}")
    return found


def nginx(certificates: Certificates, home: Path, *, name: str = "nginx", backend: Port, http2: bool = True) -> Program:
    """nginx in front of the application.

    ``x-connection`` of an answer is the number of the connection it came by, ``x-worker`` the process that served it.
    """
    port = Port()
    configuration = f"""
        {"user root;" if os.getuid() == 0 else ""}
        daemon off;
        pid {home}/{name}.pid;
        error_log stderr warn;
        worker_processes 2;
        events {{ worker_connections 4096; }}
        http {{
            access_log off;
            client_body_temp_path {home}/{name}-body;
            proxy_temp_path {home}/{name}-proxy;
            fastcgi_temp_path {home}/{name}-fastcgi;
            uwsgi_temp_path {home}/{name}-uwsgi;
            scgi_temp_path {home}/{name}-scgi;
            upstream application {{ server 127.0.0.1:{backend.number}; keepalive 64; }}
            server {{
                listen 127.0.0.1:{port.number} ssl {"http2" if http2 else ""} backlog=4096;
                ssl_certificate {certificates.chain};
                ssl_certificate_key {certificates.key};
                client_max_body_size 0;
                location / {{
                    proxy_pass http://application;
                    proxy_http_version 1.1;
                    proxy_set_header connection "";
                    proxy_buffering off;
                    proxy_request_buffering off;
                    add_header x-connection $connection;
                    add_header x-worker $pid;
                }}
            }}
        }}
    """
    file = _written(home / f"{name}.conf", configuration)
    return Program(name, [installed("nginx"), "-p", home, "-e", "stderr", "-c", file], port=port, home=home)


def h2o(certificates: Certificates, home: Path, *, name: str = "h2o", backend: Port) -> Program:
    port = Port()
    configuration = f"""
        {"user: root" if os.getuid() == 0 else "{}"}
        num-threads: 2
        error-log: /dev/stderr
        listen:
          host: 127.0.0.1
          port: {port.number}
          ssl:
            certificate-file: {certificates.chain}
            key-file: {certificates.key}
        limit-request-body: 1073741824
        hosts:
          default:
            paths:
              /:
                proxy.reverse.url: http://127.0.0.1:{backend.number}/
                proxy.timeout.keepalive: 5000
    """.replace("        {}\n", "")
    return Program(name, [installed("h2o"), "-c", _written(home / f"{name}.yaml", configuration)], port=port, home=home)


def haproxy(certificates: Certificates, home: Path, *, name: str = "haproxy", backend: Port) -> Program:
    port = Port()
    configuration = f"""
        global
            maxconn 4000
        defaults
            mode http
            timeout connect 5s
            timeout client 30s
            timeout server 30s
        frontend secure
            bind 127.0.0.1:{port.number} ssl crt {certificates.both} alpn h2,http/1.1
            default_backend application
        backend application
            server one 127.0.0.1:{backend.number}
    """
    file = _written(home / f"{name}.cfg", configuration)
    return Program(name, [installed("haproxy"), "-db", "-f", file], port=port, home=home)


def nghttpd(certificates: Certificates | None, home: Path, *, name: str, root: Path, echo: bool = False) -> Program:
    """A server of files below ``root``, or one that sends back what it is sent: it runs no application."""
    port = Port()
    tls = ["--no-tls"] if certificates is None else []
    files: list[Word] = [] if certificates is None else [certificates.key, certificates.chain]
    options: list[Word] = [*tls, *(["--echo-upload"] if echo else []), "-a", "127.0.0.1", "-d", root]
    return Program(name, [installed("nghttpd"), *options, port.number, *files], port=port, home=home)


def tinyproxy(home: Path) -> Program:
    """A proxy that asks for a password."""
    port = Port()
    configuration = f"""
        Port {port.number}
        Listen 127.0.0.1
        Timeout 30
        MaxClients 1000
        Allow 127.0.0.1
        BasicAuth user secret
        DisableViaHeader Yes
        LogLevel Warning
    """
    file = _written(home / "tinyproxy.conf", configuration)
    return Program("tinyproxy", [installed("tinyproxy"), "-d", "-c", file], port=port, home=home)


def squid(home: Path) -> Program:
    port = Port()
    configuration = f"""
        http_port 127.0.0.1:{port.number}
        http_access allow localhost
        http_access deny all
        access_log none
        cache_log stdio:/dev/stderr
        cache_store_log none
        cache deny all
        pid_filename none
        netdb_filename none
        pinger_enable off
        shutdown_lifetime 0 seconds
        max_filedescriptors 4096
        coredump_dir {home}
        visible_hostname localhost
    """
    file = _written(home / "squid.conf", configuration)
    return Program("squid", [installed("squid"), "-N", "-d", "1", "-f", file], port=port, home=home)


def _written(file: Path, configuration: str) -> Path:
    file.write_text(textwrap.dedent(configuration).lstrip())
    return file
