/**
 * Program of Python 3, which cloud-init brings, that puts a release on a host at its first boot: it downloads the archive, runs the agent's
 * `prepare` and `activate`, and signals the end with the last lines of its log. Argument: path of its settings, as
 * `FirstBootSettings` in JSON.
 *
 * Signatures: AWS Signature Version 4, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const firstBootProgram = String.raw`import datetime, hashlib, hmac, json, os, re, subprocess, sys, tarfile, tempfile, time, traceback
import urllib.error, urllib.parse, urllib.request

LOG = "/var/log/fairlead-first-boot.log"
METADATA = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254")
TAIL = 2000


def say(text):
    # To the log, and by cloud-init's to the console.
    with open(LOG, "a") as log:
        log.write(text + "\n")
    print(text, flush=True)


class Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, file, code, reason, headers, url):
        redirected = super().redirect_request(request, file, code, reason, headers, url)
        old, new = urllib.parse.urlsplit(request.full_url), urllib.parse.urlsplit(url)
        if old.scheme == "https" != new.scheme:
            raise RuntimeError(f"{old.netloc} redirects from https to {new.scheme}, which is refused")
        if redirected is not None and old.netloc != new.netloc:
            # The signature and the tokens are for the host before.
            redirected.headers.clear()
        return redirected


opener = urllib.request.build_opener(Redirects)


def fetch(request, attempts=8):
    for attempt in range(1, attempts + 1):
        try:
            return opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            reason = f"{error.code} {error.read(500).decode(errors='replace')}"
            final = error.code < 500 and error.code not in (408, 429)
        except OSError as error:
            reason, final = str(error), False
        host = urllib.parse.urlsplit(request.full_url).netloc
        say(f"{request.get_method()} of {host}, attempt {attempt}: {reason}")
        if final or attempt == attempts:
            raise RuntimeError(f"{host} can't be used: {reason}")
        time.sleep(min(2**attempt, 30))


def metadata(path):
    ttl = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
    token = fetch(urllib.request.Request(METADATA + "/latest/api/token", method="PUT", headers=ttl))
    headers = {"X-aws-ec2-metadata-token": token.read().decode()}
    url = METADATA + "/latest/meta-data/" + path
    return fetch(urllib.request.Request(url, headers=headers)).read().decode()


def signed(method, service, region, url, body=None, target=None):
    role = metadata("iam/security-credentials/").split()[0]
    credentials = json.loads(metadata("iam/security-credentials/" + role))
    parts = urllib.parse.urlsplit(url)
    now = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body or b"").hexdigest()
    headers = {
        "host": parts.netloc,
        "x-amz-content-sha256": digest,
        "x-amz-date": now,
        "x-amz-security-token": credentials["Token"],
    }
    if target is not None:
        headers["x-amz-target"] = target
    names = ";".join(headers)
    lines = [method, parts.path or "/", parts.query]
    lines += [f"{name}:{value}" for name, value in headers.items()] + ["", names, digest]
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashed])
    key = ("AWS4" + credentials["SecretAccessKey"]).encode()
    for word in [*scope.split("/"), text]:
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    credential = credentials["AccessKeyId"] + "/" + scope
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
    )
    if body is not None:
        form = "application/x-www-form-urlencoded"
        headers["content-type"] = form if target is None else "application/x-amz-json-1.1"
    return urllib.request.Request(url, data=body, method=method, headers=headers)


def download(source, path):
    if "url" in source:
        request = urllib.request.Request(source["url"])
    else:
        request = signed("GET", "s3", source["region"], source["object"])
    with fetch(request) as response, open(path, "wb") as file:
        while chunk := response.read(1 << 20):
            file.write(chunk)


def current_digest(source):
    # The release that the fleet runs: its digest is in a parameter of SSM.
    region = source["region"]
    body = json.dumps({"Name": source["parameter"]}).encode()
    request = signed("POST", "ssm", region, source["ssm"], body, "AmazonSSM.GetParameter")
    digest = json.load(fetch(request))["Parameter"]["Value"].strip()
    if re.fullmatch("[0-9a-f]{64}", digest):
        return digest
    raise RuntimeError(f"the parameter {source['parameter']} has no digest of a release")


def parts_of(archive, digest):
    with tarfile.open(archive) as tar:
        manifest = tar.extractfile("manifest.json").read()
    if hashlib.sha256(manifest).hexdigest() != digest:
        raise RuntimeError(f"the archive isn't the release {digest}")
    parts = {part["role"]: part["sha256"] for part in json.loads(manifest)["parts"]}
    return [parts["node"], parts["agent"]]


def check_signature(archive, keys):
    # Before anything of the archive runs: its agent would be what checks it.
    with tarfile.open(archive) as tar:
        found = [name for name in ("manifest.json", "manifest.json.signature") if name in tar.getnames()]
        contents = [tar.extractfile(name).read() for name in found]
    with open(keys) as file:
        pem = "-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----"
        public = [key.encode() for key in re.findall(pem, file.read(), re.DOTALL)]
    with tempfile.TemporaryDirectory() as folder:
        manifest, signature, key = (f"{folder}/{name}" for name in ("manifest", "signature", "key"))
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key]
        command += ["-in", manifest, "-sigfile", signature]
        for each in public if len(found) == 2 else []:
            for path, content in zip((manifest, signature, key), [*contents, each]):
                with open(path, "wb") as file:
                    file.write(content)
            if subprocess.run(command, stdout=subprocess.DEVNULL).returncode == 0:
                return
    raise RuntimeError("none of the trusted keys has signed the release")


def install(agents, archive):
    for agent in agents:
        query = ["dpkg-query", "-W", "-f", "$" "{db:Status-Status}", agent["name"]]
        found = subprocess.run(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if found.stdout != "installed":
            say("install " + agent["name"])
            download(agent, archive)
            check_package(agent, archive)
            subprocess.run(["dpkg", "--install", archive], check=True, stdout=subprocess.DEVNULL)
        restart(agent)


def check_package(agent, path):
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    if agent.get("sha256", digest) != digest:
        raise RuntimeError(f"the package of {agent['name']} has the SHA-256 {digest}")


def restart(agent):
    # The agent of CloudWatch doesn't start before a release has brought its configuration.
    subprocess.run(["systemctl", "enable", agent["name"]], stderr=subprocess.DEVNULL)
    if subprocess.run(["systemctl", "restart", agent["name"]]).returncode != 0:
        say(agent["name"] + " doesn't run")


def agent(settings, archive, arguments):
    command = ["sh", "-c", settings["bootstrap"], "fairlead-agent", archive, *settings["parts"]]
    child = subprocess.Popen(
        command + arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    last = ""
    for line in child.stdout:
        last = line.rstrip() or last
        say(line.rstrip())
    if child.wait() == 0:
        return
    if last.startswith("{"):
        report = json.loads(last)
        last = (report.get("error") or report.get("result") or {}).get("message", last)
    raise RuntimeError(f"{arguments[0]} failed: {last}")


def deploy(settings):
    folder = "/var/lib/fairlead-deploy/incoming"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    source, archive = settings["source"], folder + "/first-boot.tar"
    agents = settings.get("agents", [])
    trusted = ["--trusted-keys", settings["trustedKeys"]] if "trustedKeys" in settings else []
    try:
        install(agents, folder + "/agent.deb")
        if "parameter" in source:
            settings["digest"] = current_digest(source)
            source["object"] = source["folder"] + settings["digest"] + ".tar"
        digest = settings["digest"]
        say("download " + digest)
        download(source, archive)
        if "trustedKeys" in settings:
            check_signature(archive, settings["trustedKeys"])
        settings.setdefault("parts", parts_of(archive, digest))
        agent(settings, archive, ["prepare", digest, "--archive", archive, *trusted])
    finally:
        for path in (archive, folder + "/agent.deb"):
            if os.path.exists(path):
                os.remove(path)
    agent(settings, archive, ["activate", digest])
    for each in agents:
        restart(each)


def signal(target, problem):
    reason = "activated"
    if problem is not None:
        with open(LOG, errors="replace") as file:
            reason = problem + "\n" + file.read()[-TAIL:]
    if "url" in target:
        try:
            instance = metadata("instance-id")
        except RuntimeError:
            instance = os.uname().nodename
        status = "SUCCESS" if problem is None else "FAILURE"
        message = {"Status": status, "Reason": reason, "UniqueId": instance, "Data": instance}
        data = json.dumps(message).encode()
        # Presigned addresses of CloudFormation have an empty content type.
        headers = {"content-type": ""}
        fetch(urllib.request.Request(target["url"], data=data, method="PUT", headers=headers))
        return
    query = {
        "Action": "CompleteLifecycleAction",
        "Version": "2011-01-01",
        "AutoScalingGroupName": target["group"],
        "LifecycleHookName": target["lifecycleHook"],
        "LifecycleActionResult": "CONTINUE" if problem is None else "ABANDON",
        "InstanceId": metadata("instance-id"),
    }
    body = urllib.parse.urlencode(query).encode()
    fetch(signed("POST", "autoscaling", target["region"], target["endpoint"], body))


def main():
    with open(sys.argv[1]) as file:
        settings = json.load(file)
    problem = None
    try:
        deploy(settings)
    except Exception as error:
        problem = str(error)
        say(traceback.format_exc())
    failed = problem is not None
    for target in settings.get("signals", []):
        try:
            signal(target, problem)
        except Exception as error:
            # The others are still due. A stack that is complete takes no more signals.
            say(f"the signal failed: {error}")
            failed = failed or "url" not in target
    sys.exit(1 if failed else 0)


main()
`;
