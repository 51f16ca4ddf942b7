"""Who visits the machine: certificates for it, and vm-tests/story.py run in its network."""
import subprocess
import sys

import login
from machine import TREE, Failed, Forbidden, run

NAME = "meetings.rehearsal.test"
ALIAS = "minutes.rehearsal.test"
# An address of the machine that is not its own loopback: who comes from there is somebody else.
OUTSIDE = "192.0.2.7"
# Said early, clearly and in the middle of the sample.
WORDS = "Jersey Sheila Texas Chicago Yankee"


class Visitor:
    def __init__(self, box, recording):
        self.box, self.recording = box, recording
        self.folder = box.folder / "visitor"
        self.folder.mkdir()
        self.steps = 0
        self.certify()
        self.login = login.enrol(box, self.folder) if box.configuration == "rehearsalLogin" else None

    def certify(self):
        """A private authority, and a certificate of its for the machine, where its settings look for it."""
        here = self.folder
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        run(["openssl", "req", "-x509", *key, "-days", "2", "-subj", "/CN=Rehearsal authority", "-keyout", f"{here}/ca.key",
             "-out", f"{here}/ca.crt", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"])
        run(["openssl", "req", *key, "-subj", f"/CN={NAME}", "-keyout", f"{here}/key.pem", "-out", f"{here}/request.pem"])
        (here / "more").write_text(f"subjectAltName=DNS:{NAME},DNS:{ALIAS}\nextendedKeyUsage=serverAuth\n")
        run(["openssl", "x509", "-req", "-in", f"{here}/request.pem", "-CA", f"{here}/ca.crt", "-CAkey", f"{here}/ca.key",
             "-days", "2", "-extfile", f"{here}/more", "-out", f"{here}/certificate.pem"])
        self.box.put("/var/lib/certificates/meetings.pem", (here / "certificate.pem").read_text())
        self.box.put("/var/lib/certificates/meetings.key", (here / "key.pem").read_text(), 0o600)
        self.box.put("/var/lib/reflector-ca/rehearsal.pem", (here / "ca.crt").read_text())

    def authority(self, name):
        """The certificate of one more authority, in PEM."""
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
             "-keyout", f"{self.folder}/other.key", "-out", f"{self.folder}/other.crt"])
        return (self.folder / "other.crt").read_text()

    def reachable(self):
        """Gives the machine an address beside its loopback; lost when it boots."""
        status, said = self.box.try_(f"ip address add {OUTSIDE}/32 dev lo")
        if status and "not permitted" in said:
            raise Forbidden(f"nobody may give the machine an address: {said.strip()}")
        if status:
            raise Failed(said)

    def tell(self, *steps, outside=False):
        """Runs steps of the story; what they say."""
        command = ["nsenter", f"--net=/proc/{self.box.leader}/ns/net", sys.executable, str(TREE / "vm-tests/story.py"),
                   "--url", f"https://{NAME}", "--ca", str(self.folder / "ca.crt"), "--resolve", OUTSIDE if outside else "127.0.0.1",
                   "--recording", str(self.recording), "--words", WORDS, "--speakers", "2",
                   "--data", str(self.folder / "state.json"), *(["--login", str(self.login)] if self.login else []), *steps]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            journal = self.box.journal("reflector-web", "reflector-work", "caddy", "garage", "redis-reflector", "postgresql", lines=30)
            raise Failed(f"{done.stderr}{done.stdout}{journal}")
        self.steps += len(steps)
        return "; ".join(line.split(": ", 1)[1] for line in done.stdout.splitlines())

    def took(self):
        """Steps since the last question, but for one that the caller counts itself."""
        steps, self.steps = self.steps, 0
        return max(0, steps - 1)
