"""Throw-away certificates, made by openssl in the directory of a test."""

import pathlib
import ssl
import subprocess

KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split()
LOCAL_NAMES = "DNS:localhost,IP:127.0.0.1"


class Certificates:
    """Authorities and what they sign; files are NAME.crt and NAME.key in `directory`."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.directory)

    def crt(self, name):
        return self.directory / f"{name}.crt"

    def key(self, name):
        return self.directory / f"{name}.key"

    def authority(self, name):
        files = ["-keyout", f"{name}.key", "-out", f"{name}.crt"]
        self._openssl("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}", *files)

    def sign(self, name, authority="ca", names=LOCAL_NAMES, days=2, usage=None):
        """A certificate for the hosts `names`, for any use or only "serverAuth" or "clientAuth"."""
        lines = ["basicConstraints=CA:FALSE"]
        lines += [f"subjectAltName={names}"] if names else []
        lines += [f"extendedKeyUsage={usage}"] if usage else []
        (self.directory / "extensions").write_text("\n".join(lines) + "\n")
        request = ["-keyout", f"{name}.key", "-out", f"{name}.csr"]
        self._openssl("req", *KEY, "-subj", f"/CN={name}", *request)
        signer = ["-CA", f"{authority}.crt", "-CAkey", f"{authority}.key", "-CAcreateserial"]
        output = ["-days", str(days), "-extfile", "extensions", "-out", f"{name}.crt"]
        self._openssl("x509", "-req", "-in", f"{name}.csr", *signer, *output)

    def identity(self, name, prefix="tls-"):
        """The directives that make `name` a server's certificate."""
        return {
            f"{prefix}cert-file": str(self.crt(name)),
            f"{prefix}key-file": str(self.key(name)),
        }

    def context(self, name):
        """For a client that shows `name` and takes whatever the server shows."""
        tls = ssl.create_default_context()
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
        tls.load_cert_chain(self.crt(name), self.key(name))
        return tls
