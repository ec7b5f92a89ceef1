#!/usr/bin/env python3
"""Reads the manifests of deploy/ as strictly as the programs that they are for: deploy_check.py FILE...
An unknown or missing key, a value of another type, a volume that is mounted and not there are errors. Prints what signet
is run with, a line each: FILE, container and arguments, tab-separated."""
import sys

import yaml

# A key with ! must be there; a list holds what its one member says; "" is any string, 0 a number, {"*": x} any keys.
LABELS = {"*": ""}
META = {"name!": "", "namespace": "", "labels": LABELS}
MOUNT = {"name!": "", "mountPath!": "", "readOnly": True}
QUANTITIES = {"cpu": "", "memory": ""}
CONTAINER = {
    "name!": "", "image!": "", "args": [""], "volumeMounts": [MOUNT],
    "ports": [{"name": "", "containerPort!": 0}],
    "resources": {"requests": QUANTITIES, "limits": QUANTITIES},
    "securityContext!": {"readOnlyRootFilesystem!": True, "allowPrivilegeEscalation!": True, "capabilities!": {"drop!": [""]}},
}
VOLUME = {
    "name!": "", "emptyDir": {"medium": "", "sizeLimit": ""}, "secret": {"secretName!": ""}, "configMap": {"name!": ""},
    "persistentVolumeClaim": {"claimName!": ""},
}
POD = {
    "initContainers": [CONTAINER], "containers!": [CONTAINER], "volumes": [VOLUME], "restartPolicy": "",
    "shareProcessNamespace": True, "automountServiceAccountToken!": True,
    "securityContext!": {"runAsNonRoot!": True, "runAsUser!": 0, "runAsGroup": 0, "fsGroup": 0, "seccompProfile!": {"type!": ""}},
}
ACME = {
    "server!": "", "caBundle": "", "privateKeySecretRef!": {"name!": ""},
    "externalAccountBinding": {"keyID!": "", "keySecretRef!": {"name!": "", "key!": ""}},
    "solvers!": [{"http01": {"ingress!": {"ingressClassName!": ""}}}],
}
KINDS = {
    "apps/v1 Deployment": {"replicas": 0, "selector!": {"matchLabels!": LABELS}, "template!": {"metadata": {"labels": LABELS}, "spec!": POD}},
    "batch/v1 CronJob": {
        "schedule!": "", "concurrencyPolicy": "", "successfulJobsHistoryLimit": 0, "failedJobsHistoryLimit": 0,
        "jobTemplate!": {"spec!": {"backoffLimit": 0, "template!": {"spec!": POD}}}},
    "cert-manager.io/v1 ClusterIssuer": {"acme!": ACME},
    "cert-manager.io/v1 Certificate": {
        "secretName!": "", "dnsNames": [""], "duration": "", "renewBefore": "", "issuerRef!": {"name!": "", "kind": ""},
        "privateKey": {"algorithm": "", "size": 0, "rotationPolicy": ""}},
}
SERVICE = {
    "image!": "", "build": {"context!": "", "dockerfile": ""}, "read_only": True, "cap_drop": [""], "security_opt": [""],
    "command": [""], "volumes": [""], "ports": [""], "restart": "", "user": "", "pid": "", "depends_on": None,
}
COMPOSE = {"services!": {"*": SERVICE}, "volumes": {"*": None}, "x-signet": None}


def check(value, shape, where):
    if shape is None:
        return
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{where} is no map"
        if "*" in shape:
            for key, member in value.items():
                check(member, shape["*"], f"{where}.{key}")
            return
        known = {key.rstrip("!"): member for key, member in shape.items()}
        for key, member in value.items():
            assert key in known, f"{where}: unknown key {key}"
            check(member, known[key], f"{where}.{key}")
        for key in shape:
            assert not key.endswith("!") or key[:-1] in value, f"{where}: {key[:-1]} is missing"
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where} is no list"
        for i, member in enumerate(value):
            check(member, shape[0], f"{where}[{i}]")
    else:
        assert type(value) is type(shape), f"{where}: {value!r} is of another type"


def pods(value):
    if isinstance(value, dict):
        if "containers" in value:
            yield value
        for member in value.values():
            yield from pods(member)


def run_lines(path, name, arguments):
    print("\t".join([path.rsplit("/", 1)[-1], name, *arguments]))


def check_pod(path, pod):
    volumes = {volume["name"] for volume in pod.get("volumes", [])}
    for container in pod.get("initContainers", []) + pod["containers"]:
        for mount in container.get("volumeMounts", []):
            assert mount["name"] in volumes, f"{path}: {container['name']} mounts {mount['name']}, which is no volume"
        if container["image"] == "signet":
            run_lines(path, container["name"], container["args"])


def check_manifest(path, document):
    kind = f"{document.get('apiVersion')} {document.get('kind')}"
    assert kind in KINDS, f"{path}: {kind} is not known here"
    check(document, {"apiVersion!": "", "kind!": "", "metadata!": META, "spec!": KINDS[kind]}, f"{path}: {kind}")
    if kind.startswith("apps/"):
        labels = document["spec"]["template"]["metadata"]["labels"]
        assert document["spec"]["selector"]["matchLabels"].items() <= labels.items(), f"{path}: the selector finds nothing"
    for pod in pods(document["spec"]):
        check_pod(path, pod)


def check_compose(path, document):
    check(document, COMPOSE, path)
    for name, service in document["services"].items():
        for other in service.get("depends_on", []):
            assert other in document["services"], f"{path}: {name} depends on {other}, which is no service"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith(".") or source in document["volumes"], f"{path}: {source} is no volume"
        if service["image"] == "signet":
            assert service["read_only"] and service["cap_drop"] == ["ALL"], f"{path}: {name} is not locked down"
            run_lines(path, name, service["command"])


for file in sys.argv[1:]:
    with open(file, encoding="utf-8") as text:
        for document in yaml.safe_load_all(text):
            check_compose(file, document) if "services" in document else check_manifest(file, document)
