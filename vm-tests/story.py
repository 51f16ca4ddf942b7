#!/usr/bin/env python3
"""What a person does with Reflector, over HTTPS, step by step. Needs Python 3.9 and its standard library only.

`make test`, `make rehearsal` and the VM tests all run this one program; they put what happens to the machine between its
steps. A step prints one line when it holds; the first that does not ends the program with status 1 and the reason.
"""
import argparse
import concurrent.futures
import hashlib
import http.client
import ipaddress
import json
import os
import pathlib
import re
import socket
import ssl
import struct
import sys
import time
import urllib.parse
import uuid

# Bytes of a chunk: recordings of tests are short, and more than one chunk is the point.
CHUNK = 256 * 1024
# A client that is cut off tries again, as the pages do.
TRIES = 8
TRANSIENT = (408, 429, 500, 502, 503, 504)
FORMATS = {
    "txt": ("text/plain", "Speaker"),
    "md": ("text/markdown", "# "),
    "srt": ("application/x-subrip", " --> "),
    "vtt": ("text/vtt", "WEBVTT"),
    "json": ("application/json", '"words"'),
    "rttm": ("text/plain", "SPEAKER "),
}
# Ports of what Reflector is made of, and what people like to leave open.
KNOWN_PORTS = [1250, 2019, 3000, 3306, 3900, 3901, 3902, 3903, 4369, 5000, 5432, 6379, 8000, 8080, 8443, 9000, 9090, 9100, 11434]


class Failed(Exception):
    """A step does not hold."""


def must(condition, reason):
    if not condition:
        raise Failed(reason)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body)


class Connection(http.client.HTTPSConnection):
    """Goes to an address of our choice while it asks for the site by its name."""

    def __init__(self, site, context):
        super().__init__(site.host, site.port, timeout=60, context=context)
        self.site, self.trust = site, context

    def connect(self):
        plain = socket.create_connection((self.site.address, self.port), self.timeout)
        self.sock = self.trust.wrap_socket(plain, server_hostname=self.host)


class Site:
    """The server as a browser sees it, and what the steps remember from run to run."""

    def __init__(self, given):
        self.given = given
        url = urllib.parse.urlsplit(given.url)
        must(url.scheme == "https" and url.hostname, f"--url {given.url} is no https address")
        self.origin = f"https://{url.netloc}"
        self.host, self.port = url.hostname, url.port or 443
        self.address = given.resolve or url.hostname
        self.context = ssl.create_default_context(cafile=given.ca)
        self.state = {}
        if given.data and os.path.exists(given.data):
            self.state = json.loads(pathlib.Path(given.data).read_text())

    def remember(self, **more):
        self.state.update(more)
        if self.given.data:
            pathlib.Path(self.given.data).write_text(json.dumps(self.state))

    def known(self, name, step):
        must(name in self.state, f"nothing is known of that yet: `{step}` comes first, with the same --data")
        return self.state[name]

    def once(self, method, path, body=None, headers=None, context=None):
        """One request. As browsers do, it says that it comes from the site itself."""
        connection = Connection(self, context or self.context)
        try:
            own = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"} if method != "GET" else {}
            connection.request(method, path, body, {**own, **(headers or {})})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def ask(self, method, path, body=None, headers=None):
        """As `once`, and again where the trouble may pass: what serves it may just have been killed."""
        pause = 0.5
        for attempt in range(TRIES):
            try:
                answer = self.once(method, path, body, headers)
                reason = f"{method} {path}: {answer.status} {answer.text[:300] if answer.status >= 400 else ''}"
                if answer.status not in TRANSIENT:
                    must(answer.status < 400, reason)
                    return answer
            except (OSError, http.client.HTTPException) as error:
                must(not isinstance(error, ssl.SSLCertVerificationError), f"{method} {path}: {error}")
                reason = f"{method} {path}: {error!r}"
            if attempt + 1 < TRIES:
                time.sleep(pause)
                pause = min(10, pause * 2)
        raise Failed(f"{reason} (after {TRIES} tries)")

    def get(self, path, headers=None):
        return self.ask("GET", path, headers=headers)

    def post(self, path, value):
        return self.ask("POST", path, json.dumps(value), {"Content-Type": "application/json"}).json

    def patience(self, what, done):
        """Waits until `done` gives something; what it raises is the reason once patience is at its end."""
        end = time.monotonic() + self.given.patience
        while True:
            try:
                found = done()
                if found:
                    return found
                reason = "it did not happen"
            except (OSError, http.client.HTTPException, Failed) as error:
                reason = str(error) or repr(error)
            must(time.monotonic() < end, f"waited {self.given.patience:g} s in vain: {what}: {reason}")
            time.sleep(0.5)


# What `links` shows. Who looks through logs for it afterwards knows it: tests/rehearsal/hardening.py.
OPENER = "an-opener-of-nothing"

STEPS = {}


def step(function):
    STEPS[function.__name__.strip("_").replace("_", "-")] = function
    return function


# --- The server itself ---------------------------------------------------------------------------------------------


@step
def health(site):
    """The server is alive, and ready: database, queue, storage and bus answer (waits for it)"""
    def alive():
        answer = site.once("GET", "/livez")
        return answer.status == 200 and answer.text == "ok\n"

    def ready():
        answer = site.once("GET", "/readyz")
        must(answer.status == 200, f"/readyz: {answer.status} {answer.text}")
        return answer.json

    site.patience("/livez says ok", alive)
    told = site.patience("/readyz says ready", ready)
    parts = told["checks"]
    must(told["status"] == "ready" and len(parts) >= 4 and set(parts.values()) == {"ok"}, f"/readyz: {told}")
    return "ready: " + ", ".join(parts)


@step
def tls(site):
    """The certificate is the authority's and the name's; strangers don't trust it, TLS 1.1 is refused, http leads to https"""
    must(site.once("GET", "/livez").status == 200, "no answer with the authority trusted")
    if site.given.ca:
        stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        refuses(site, stranger, site.host, "a client that does not trust the authority was served")
    refuses(site, site.context, "elsewhere." + site.host, "the certificate is good for another name, too")
    must(hello(site, 0x0303) == "hello", "TLS 1.2 is not spoken, so that 1.1 is refused says nothing")
    for version, name in ((0x0302, "1.1"), (0x0301, "1.0")):
        must(hello(site, version) == "refused", f"TLS {name} is spoken")
    for path in ("/", "/transcripts?page=1"):
        connection = http.client.HTTPConnection(site.address, site.given.http_port, timeout=30)
        connection.request("GET", path, headers={"Host": site.host})
        answer = Answer(connection.getresponse())
        connection.close()
        target = urllib.parse.urlsplit(answer.headers.get("Location", ""))
        must(answer.status in (301, 308), f"http answers {path} with {answer.status}, not with 301 or 308")
        led = target.scheme == "https" and target.hostname == site.host and f"{target.path}?{target.query}".rstrip("?") == path
        must(led, f"http leads {path} to {target.geturl()}")
    return f"certificate of {site.host} verified, TLS 1.1 refused, http answers {answer.status}"


def refuses(site, context, name, problem):
    with socket.create_connection((site.address, site.port), 30) as plain:
        try:
            context.wrap_socket(plain, server_hostname=name).close()
        except ssl.SSLError:
            return
    raise Failed(problem)


def hello(site, version):
    """What the server says to a ClientHello of `version` (RFC 5246, 7.4.1.2), written by hand: today's libraries have
    no such version left to offer. "hello" if it goes on, "refused" if it sends an alert or hangs up."""
    name = site.host.encode()
    extensions = b""
    for kind, data in (
        (0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name),
        (10, b"\0\4\0\x1d\0\x17"),
        (11, b"\1\0"),
        (13, b"\0\x0e\4\3\5\3\6\3\4\1\x08\4\2\1\2\3"),
    ):
        extensions += struct.pack("!HH", kind, len(data)) + data
    ciphers = struct.pack("!8H", 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xC009, 0xC013, 0xC00A, 0xC014)
    body = struct.pack("!H", version) + os.urandom(32) + b"\0" + struct.pack("!H", len(ciphers)) + ciphers + b"\1\0"
    body += struct.pack("!H", len(extensions)) + extensions
    message = b"\1" + struct.pack("!I", len(body))[1:] + body
    with socket.create_connection((site.address, site.port), 30) as plain:
        plain.sendall(struct.pack("!BHH", 22, 0x0301, len(message)) + message)
        try:
            first = plain.recv(5)
        except ConnectionError:
            first = b""
    return "hello" if first[:1] == b"\x16" else "refused"


@step
def links(site):
    """Addresses and headers that would open something, if they were real, open nothing"""
    nothing = "/v1/transcripts/01890000-0000-7000-8000-000000000000"
    asked = [(f"/quote/{OPENER}", {}), (f"{nothing}/audio/mp3?a=1&token={OPENER}", {}), (f"/login/provider?code={OPENER}&state={OPENER}", {}),
             (nothing, {"X-API-Key": OPENER}), (nothing, {"Referer": f"{site.given.url}/quote/{OPENER}"}),
             (nothing, {"Sec-WebSocket-Protocol": f"bearer, {OPENER}"}), (nothing, {"Authorization": f"Bearer {OPENER}"})]
    for path, headers in asked:
        status = site.once("GET", path, headers=headers).status
        must(400 <= status < 500, f"{path} was answered with {status}")
    return f"{len(asked)} refused"


@step
def headers(site):
    """Every kind of answer has the headers that protect people's browsers (H-60 to H-67), and says no version"""
    found = 0
    for path in ("/", "/transcripts", "/v1/transcripts", "/health", "/no/such/page", "/v1/no-such-call", asset(site)):
        have = {name.lower(): value for name, value in site.once("GET", path).headers.items()}
        policy = dict(part.strip().partition(" ")[::2] for part in have.get("content-security-policy", "").split(";"))
        seconds = re.search(r"max-age=(\d+)", have.get("strict-transport-security", ""))
        devices = have.get("permissions-policy", "").replace(" ", "").split(",")
        checks = {
            "Strict-Transport-Security": site.host == "localhost" or (
                seconds and int(seconds[1]) >= 31536000 and "includeSubDomains" in have["strict-transport-security"]),
            "X-Frame-Options": have.get("x-frame-options") == "DENY",
            "X-Content-Type-Options": have.get("x-content-type-options") == "nosniff",
            "X-XSS-Protection": have.get("x-xss-protection") == "0",
            "Referrer-Policy": have.get("referrer-policy") in ("no-referrer", "same-origin"),
            "Permissions-Policy": {"camera=()", "geolocation=()", "payment=()"} <= set(devices)
            and {"microphone=()", "microphone=(self)"} & set(devices),
            "Content-Security-Policy": policy.get("default-src") == "'none'" and policy.get("frame-ancestors") == "'none'"
            and policy.get("base-uri") == "'none'" and "form-action" in policy
            and not re.search(r"unsafe|\*|wss?:|https?:", have["content-security-policy"]),
            "Cross-Origin-Opener-Policy": have.get("cross-origin-opener-policy") == "same-origin",
            "Cross-Origin-Resource-Policy": have.get("cross-origin-resource-policy") == "same-origin",
            "no Server": "server" not in have and "x-powered-by" not in have,
        }
        if path in ("/", "/transcripts"):
            checks["Cache-Control"] = have.get("cache-control") == "no-store"
        for name, good in checks.items():
            must(good, f"{path}: {name} is not as it should be: {have}")
        found += len(checks)
    return f"{found} on 7 kinds of answers"


def asset(site):
    return re.search(r'href="(/assets/[^"]+\.css)"', site.get("/").text)[1]


@step
def ports(site):
    """On this address only the ports of --ports answer; a thousand and more are tried"""
    allowed = set(site.given.ports)

    def answers(port):
        try:
            socket.create_connection((site.address, port), 1).close()
            return port
        except OSError:
            return None

    tried = sorted({*range(1, 1025), *KNOWN_PORTS, *allowed})
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        found = {port for port in pool.map(answers, tried) if port}
    must(found <= allowed, f"also open on {site.address}: {sorted(found - allowed)}")
    must(allowed <= found, f"closed on {site.address}: {sorted(allowed - found)}")
    return f"{len(tried)} tried on {site.address}, open: {sorted(found) or 'none'}"


# --- Who may come in ------------------------------------------------------------------------------------------------


def account(site):
    """E-mail address and password of somebody who may come in."""
    must(site.given.login, "--login names no file")
    return pathlib.Path(site.given.login).read_text().splitlines()[:2]


def show(site, email, password, headers=None):
    """What the API says to an address and a password."""
    body = json.dumps({"email": email, "password": password})
    return site.once("POST", "/v1/auth/login", body, {"Content-Type": "application/json", **(headers or {})})


def fill_in(site, email, password, after, headers=None):
    """What the login page says to them."""
    body = urllib.parse.urlencode({"email": email, "password": password, "next": after})
    return site.once("POST", "/login", body, {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})


@step
def login(site):
    """Whoever shows nothing is led to the login; a token and the page's form let somebody in, a foreign page's form does not; out again"""
    email, password = account(site)
    wanted = "/transcripts?page=1"
    answer = site.once("GET", wanted)
    door = answer.headers.get("Location", "")
    must(answer.status == 303 and door == "/login?" + urllib.parse.urlencode({"next": wanted}), f"{wanted}: {answer.status} {door}")
    must('name="password"' in site.get(door).text, f"{door} asks for no password")
    answer = site.once("GET", "/v1/transcripts")
    must(answer.status == 401 and answer.headers.get("WWW-Authenticate"), f"/v1/transcripts: {answer.status} {answer.headers}")

    answer = show(site, email, password)
    must(answer.status == 200, f"POST /v1/auth/login was answered with {answer.status} {answer.text}")
    must((answer.json["token_type"], answer.json["expires_in"]) == ("bearer", 24 * 3600), f"the token: {answer.text}")
    token = {"Authorization": f"Bearer {answer.json['access_token']}"}
    must(site.get("/v1/me", token).json["email"] == email, "a token is somebody else's")

    answer = fill_in(site, email, password, wanted, {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"})
    must(answer.status == 403 and "Set-Cookie" not in answer.headers, f"a foreign page's form was answered with {answer.status}")
    answer = fill_in(site, email, password, wanted)
    must((answer.status, answer.headers.get("Location")) == (303, wanted), f"the form was answered with {answer.status} {answer.text[:300]}")
    given = answer.headers.get_all("Set-Cookie")
    named, *traits = [part.strip() for part in given[0].split(";")]
    must(len(given) == 1 and named.startswith("__Host-") and {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(traits)
         and not any(trait.startswith("Domain") for trait in traits), f"the session's cookie: {given}")
    cookie = {"Cookie": named}
    must(site.get("/v1/me", cookie).json["email"] == email, "a session is somebody else's")
    must(site.once("GET", wanted, headers=cookie).status == 200, f"{wanted} is not shown to whoever has a session")

    answer = site.once("POST", "/logout", "", {"Content-Type": "application/x-www-form-urlencoded", **cookie})
    taken = answer.headers.get("Set-Cookie", "")
    must(answer.status == 303 and taken.startswith(named.split("=")[0] + "=;"), f"the logout: {answer.status} {taken}")
    must(site.once("GET", "/v1/transcripts", headers=cookie).status == 401, "the session goes on after the logout")
    return f"{email} by token and by form, and out again"


@step
def limited(site):
    """Ten wrong passwords from one address are enough there: the right one waits too, whatever a header says of the address"""
    email, password = account(site)
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        said = list(pool.map(lambda number: show(site, f"nobody-{number}@example.org", "wrong").status, range(10)))
    must(said == [401] * 10, f"ten wrong passwords were answered with {said}")
    answers = [show(site, email, password), show(site, email, password, {"X-Forwarded-For": "198.51.100.9"}), fill_in(site, email, password, "/")]
    for answer in answers:
        must(answer.status == 429, f"one try more was answered with {answer.status}")
        wait = answer.headers.get("Retry-After", "")
        must(wait.isdigit() and 1 <= int(wait) <= 300, f"it is to wait {wait!r} seconds")
    return f"shut out for {wait} s"


@step
def refused(site):
    """From an address that may not come in, pages, API and uploads are answered with 403, and nothing is told"""
    must(not ipaddress.ip_address(site.address).is_loopback, "--resolve must name an address of the machine that is not its own loopback")
    calls = [("GET", "/"), ("GET", "/transcripts"), ("GET", "/v1/transcripts"), ("POST", "/v1/transcripts"), ("GET", "/health"),
             ("GET", "/metrics"), ("GET", "/readyz"), ("POST", "/upload")]
    if "id" in site.state:
        calls += [("GET", f"/transcripts/{site.state['id']}"), ("GET", f"/v1/transcripts/{site.state['id']}/audio/mp3")]
    for method, path in calls:
        answer = site.once(method, path, "{}" if method == "POST" else None, {"Content-Type": "application/json"})
        must(answer.status == 403, f"{method} {path} was answered with {answer.status}")
        must(len(answer.body) < 200 and b"transcript" not in answer.body, f"{path} tells {answer.text!r}")
    return f"{len(calls)} requests from {site.address}"


# --- A recording ----------------------------------------------------------------------------------------------------


def recording(site):
    must(site.given.recording, "--recording names no file")
    return pathlib.Path(site.given.recording)


def new_transcript(site):
    made = site.post("/v1/transcripts", {"name": recording(site).stem, "source_language": "en", "source_kind": "file"})
    must(made["status"] == "idle", f"a new transcript is {made['status']}")
    return made["id"]


def send(site, transcript, numbers=None):
    """Sends those chunks, or the ones that the server lacks."""
    path = f"/v1/transcripts/{transcript}/record/upload"
    file = recording(site)
    whole = file.read_bytes()
    total = max(1, -(-len(whole) // CHUNK))
    if numbers is None:
        have = site.get(path).json
        numbers = [] if have["complete"] else [number for number in range(total) if number not in have["received"]]
    for number in numbers:
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="chunk"; filename="{file.name}"\r\n' \
               "Content-Type: application/octet-stream\r\n\r\n"
        body = head.encode() + whole[number * CHUNK:(number + 1) * CHUNK] + f"\r\n--{boundary}--\r\n".encode()
        query = urllib.parse.urlencode(
            {"chunk_number": number, "total_chunks": total, "filename": file.name, "size": len(whole)})
        site.ask("POST", f"{path}?{query}", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    return total


def detail(site, transcript):
    return site.get(f"/v1/transcripts/{transcript}?transcript_format=json").json


def ended(site, transcript):
    """Waits for the end of the work, good or bad."""
    def over():
        told = detail(site, transcript)
        stages = {one["stage"]: one["status"] for one in told["stages"]}
        must(told["status"] in ("ended", "error"), f"it is {told['status']}: {stages}")
        return told

    told = site.patience("the transcript ends", over)
    must(told["status"] == "ended", f"it ended as {told['status']}: {told['error']}")
    return told


def text_hash(told):
    text = [[one["speaker"], one["start"], one["end"], one["text"]] for one in told["transcript"]]
    return hashlib.sha256(json.dumps(text).encode()).hexdigest()


@step
def upload(site):
    """A recording goes in, in chunks, as the start page sends it"""
    transcript = new_transcript(site)
    total = send(site, transcript)
    told = site.get(f"/v1/transcripts/{transcript}/record/upload").json
    size = recording(site).stat().st_size
    must(told["complete"] and told["received_bytes"] == size, f"of {size} bytes in {total} chunks this arrived: {told}")
    site.remember(id=transcript)
    return f"{size} bytes in {total} chunks"


@step
def transcript(site):
    """It becomes a transcript: words, speakers, title, summary with times, topics, sound, waveform, every format"""
    identity = site.known("id", "upload")
    told = ended(site, identity)
    segments = told["transcript"]
    text = " ".join(one["text"] for one in segments)
    missing = [word for word in site.given.words.split() if not re.search(rf"\b{re.escape(word)}\b", text, re.I)]
    must(not missing, f"these words were not heard: {missing}; but: {text}")
    seconds = told["duration"] / 1000
    must(all(0 <= one["start"] <= one["end"] <= seconds + 1 for one in segments), f"segments outside of {seconds} s: {segments}")
    must(all(one["speaker_name"] for one in segments), "segments without a speaker")
    speakers = {one["speaker"] for one in segments}
    must(site.given.speakers in (None, len(speakers)), f"{len(speakers)} speakers, not {site.given.speakers}")
    must(told["title"] and recording(site).name not in told["title"], f"the title is {told['title']!r}")
    sentences = told["summary_sentences"]
    must(sentences, "there is no summary")
    must(all(one["text"].strip() and 0 <= one["start"] < one["end"] <= seconds + 1 for one in sentences),
         f"summary without times: {sentences}")
    topics = site.get(f"/v1/transcripts/{identity}/topics/with-words").json
    at = 0.0
    for topic in topics:
        must(abs(topic["timestamp"] - at) < 0.1 and topic["title"], f"the topics have a gap at {at} s: {topics}")
        at = topic["timestamp"] + topic["duration"]
    must(abs(at - seconds) < 1, f"the topics end at {at} of {seconds} s")
    heard = [word for topic in topics for word in topic["words"]]
    must(len(heard) >= len(text.split()) / 2, f"{len(heard)} words have times")
    sound = audio(site, identity)
    peaks = site.get(f"/v1/transcripts/{identity}/audio/waveform").json["data"]
    must(len(peaks) > 100 and all(0 <= peak <= 1 for peak in peaks) and max(peaks) > 0, f"the waveform: {peaks}")
    for name, (kind, inside) in FORMATS.items():
        answer = site.get(f"/v1/transcripts/{identity}/download/{name}")
        good = answer.headers["Content-Type"].startswith(kind) and inside in answer.text
        must(good and "attachment" in answer.headers["Content-Disposition"], f"{name}: {answer.headers} {answer.text[:200]}")
    site.remember(hash=text_hash(told), title=told["title"], sound=sound)
    return (f"{len(text.split())} words, {len(speakers)} speakers, {len(topics)} topics, {len(sentences)} sentences of summary, "
            f"{len(FORMATS)} formats")


def audio(site, identity):
    """Hash of the sound, after it was asked for whole and in part."""
    path = f"/v1/transcripts/{identity}/audio/mp3"
    whole = site.get(path)
    must(whole.headers["Content-Type"] == "audio/mpeg" and len(whole.body) > 1000, f"the sound: {whole.headers}")
    part = site.get(path, {"Range": "bytes=100-299"})
    must(part.status == 206 and part.body == whole.body[100:300], f"bytes 100 to 299: {part.status}, {len(part.body)} bytes")
    must(part.headers["Content-Range"] == f"bytes 100-299/{len(whole.body)}", f"Content-Range: {part.headers['Content-Range']}")
    return hashlib.sha256(whole.body).hexdigest()


@step
def page(site):
    """Start page, list and the transcript's page load with everything they name, and show the transcript"""
    identity, title = site.known("id", "upload"), site.known("title", "transcript")
    wanted = {"/": "Turn a recording into a transcript", "/transcripts": title, f"/transcripts/{identity}": title}
    names = set()
    for path, words in wanted.items():
        answer = site.get(path)
        must(answer.headers["Content-Type"].startswith("text/html"), f"{path}: {answer.headers['Content-Type']}")
        shown = answer.text.replace("&#39;", "'").replace("&#38;", "&").replace("&amp;", "&").replace("&quot;", '"').replace("&#34;", '"')
        must(words in shown, f"{path} does not show {words!r}")
        names.update(re.findall(r'(?:href|src)="(/assets/[^"]+)"', answer.text))
        outside = [link for link in re.findall(r'(?:href|src)="([^"]+)"', answer.text) if re.match(r"\w+:|//", link)]
        must(not outside, f"{path} names other servers: {outside}")
    first = detail(site, identity)["transcript"][0]["text"].split()[0]
    must(first in shown, f"the transcript's page does not show {first!r}")
    must(len(names) >= 4, f"the pages name only {names}")
    for name in names:
        must(site.get(name).body, f"{name} is empty")
    return f"{len(wanted)} pages, {len(names)} files they name"


@step
def still_there(site):
    """The transcript is there as it was: the same words at the same times, the same sound (after a restart or a restore)"""
    identity, before, sound = site.known("id", "upload"), site.known("hash", "transcript"), site.known("sound", "transcript")
    told = ended(site, identity)
    must(text_hash(told) == before, "the text is not what it was")
    must(audio(site, identity) == sound, "the sound is not what it was")
    listed = [one["id"] for one in site.get("/v1/transcripts?size=100").json["items"]]
    must(identity in listed, "it is not in the list")
    return f"{len(told['transcript'])} segments"


# --- What is cut short --------------------------------------------------------------------------------------------------


@step
def begin(site):
    """An upload is begun and left with its first chunk; `finishes` comes after whatever happens then"""
    pending = new_transcript(site)
    total = send(site, pending, [0])
    must(total > 1, f"{recording(site)} is too short to be cut: it needs more than {CHUNK} bytes")
    site.remember(pending=pending)
    return f"1 of {total} chunks"


@step
def working(site):
    """The begun upload is sent whole, and its speech is being worked on when this returns"""
    pending = site.known("pending", "begin")
    send(site, pending)

    def running():
        told = detail(site, pending)
        must(told["status"] != "ended", "it has ended already: take a longer recording")
        return [one["stage"] for one in told["stages"] if one["status"] == "running" and one["stage"] in ("transcribe", "diarize")]

    return "at work: " + ", ".join(site.patience("speech is being worked on", running))


@step
def finishes(site):
    """The begun upload goes on where it was and still becomes the same transcript"""
    pending = site.known("pending", "begin")
    send(site, pending)
    told = ended(site, pending)
    must("hash" not in site.state or text_hash(told) == site.state["hash"], "the text is not that of the same recording before")
    return f"{len(told['transcript'])} segments"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the steps and end")
    parser.add_argument("--url", help="the address people use, https://NAME or https://NAME:PORT")
    parser.add_argument("--ca", help="certificate of the authority to trust, in PEM; the system's if left out")
    parser.add_argument("--resolve", metavar="ADDRESS", help="connect to this address, whatever the name resolves to")
    parser.add_argument("--http-port", type=int, default=80, help="port that leads to https (80)")
    parser.add_argument("--recording", metavar="FILE", help="what is uploaded")
    parser.add_argument("--words", default="", help="words that must be heard in it")
    parser.add_argument("--speakers", type=int, help="how many people must be heard")
    parser.add_argument("--login", metavar="FILE", help="e-mail address and password of somebody with an account, a line each")
    parser.add_argument("--ports", default="80,443", help="ports that `ports` expects open (80,443); an empty text for none",
                        type=lambda text: [int(port) for port in text.split(",") if port])
    parser.add_argument("--data", metavar="FILE", help="where one run remembers for the next")
    parser.add_argument("--patience", type=float, default=180, metavar="SECONDS", help="longest wait for anything (180)")
    parser.add_argument("steps", nargs="*", metavar="STEP", help="steps in the order in which they run; see --list")
    return parser


def main():
    parser = arguments()
    given = parser.parse_args()
    if given.list:
        for name, function in STEPS.items():
            print(f"{name:12} {function.__doc__}")
        return
    unknown = [name for name in given.steps if name not in STEPS]
    if unknown or not given.url or not given.steps:
        parser.error(f"there is no step {unknown[0]}" if unknown else "--url and at least one step are needed")
    site = Site(given)
    for name in given.steps:
        try:
            said = STEPS[name](site)
        except (Failed, OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as problem:
            sys.exit(f"FAILED {name}: {problem if isinstance(problem, Failed) else repr(problem)}")
        print(f"ok     {name}: {said}", flush=True)


if __name__ == "__main__":
    main()
