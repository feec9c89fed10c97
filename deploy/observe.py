"""Every query of every dashboard and rule, asked of a real Prometheus that scraped a fleet.

    deploy/observe.py start [PROMETHEUS]    on loopback, it scrapes what `cargo xtask up` started
    deploy/observe.py verify                after the fleet has worked: each query has data, or a reason; then it stops

A query without data is a panel that stays empty and an alert that never fires: a metric or a label was renamed.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUN = ROOT / "target/observe"
ADDRESS = "127.0.0.1:9290"
SERVICES = ("gateway", "user", "product", "order", "seckill", "payment", "compare")
ADMIN_PORT = 9080
# Of the plugin rabbitmq_prometheus, where a broker has it.
RABBITMQ_PORT = 15692
# Series that a fleet without faults, or a run without that kind of work, does not have.
SILENT = (
    (r"ALERTS", "no alert fires while all is well"),
    (r'status="503"|status=~"429\|503"', "nobody was limited, shed or failed"),
    (r"seckill_rebuilds|audit_findings", "no engine lost anything"),
    (r"_alarm_total", "nothing that must not happen did"),
    (r"rpc_strangers|rpc_peer_trouble", "every peer was reached and known"),
    (r"kv_errors", "Redis answered"),
    (r"rabbitmq_detailed", "the broker that `up` starts has no exporter"),
    (r"retried\|failed", "no transaction met a deadlock"),
    (r'job_runs_total\{outcome!="ok"', "no job failed"),
    (r'provider_seconds.*outcome="unknown"', "the payment company answered"),
    (r"compare_|blob_|sum by \(outcome\) \(rate\(compare", "no workbooks were compared"),
    (r"seckill_released", "nobody let an order lapse"),
)


def queries():
    """(place, expression), the comparison of an alert left out: what it compares has to be there."""
    for group in yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"]:
        for rule in group["rules"]:
            place = rule.get("alert") or rule["record"]
            for side in re.split(r" or (?!vector)", rule["expr"]):
                yield place, re.split(r" (?:>|<|==) ", side)[0]
    for file in sorted((ROOT / "deploy/grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{file.stem}: {panel['title']}", target["expr"]


def ask(expression):
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"http://{ADDRESS}/api/v1/query?{query}", timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def has_data(expression):
    if "service" not in re.findall(r"\$\{?(\w+)\}?", expression):
        return bool(ask(expression))
    return any(ask(re.sub(r"\$\{?service\}?", name, expression)) for name in SERVICES)


def start(prometheus):
    shutil.rmtree(RUN, ignore_errors=True)
    RUN.mkdir(parents=True)
    jobs = [f"- {{job_name: {name}, static_configs: [{{targets: ['127.0.0.1:{ADMIN_PORT + index}']}}]}}"
            for index, name in enumerate(SERVICES)]
    (RUN / "prometheus.yml").write_text(
        "global: {scrape_interval: 2s, evaluation_interval: 2s}\n"
        f"rule_files: ['{ROOT}/deploy/prometheus/rules.yml']\nscrape_configs:\n" + "\n".join(jobs) + "\n"
        "- {job_name: rabbitmq, metrics_path: /metrics/detailed, params: {family: [queue_coarse_metrics]},\n"
        f"   static_configs: [{{targets: ['127.0.0.1:{RABBITMQ_PORT}']}}]}}\n")
    with open(RUN / "log", "w") as log:
        process = subprocess.Popen(
            [prometheus, f"--config.file={RUN}/prometheus.yml", f"--storage.tsdb.path={RUN}/data",
             f"--web.listen-address={ADDRESS}"], stdout=log, stderr=log, start_new_session=True)
    (RUN / "pid").write_text(str(process.pid))
    for _ in range(100):
        try:
            if ask("up"):
                return
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.2)
    sys.exit(f"Prometheus does not answer: {RUN}/log")


def verify():
    # Two scrapes after the last work, so that each rate has its samples.
    time.sleep(6)
    asked = empty = 0
    try:
        down = [sample["metric"]["job"] for sample in ask('up{job!="rabbitmq"} == 0')]
        for place, expression in queries():
            asked += 1
            try:
                found = has_data(expression)
            except urllib.error.HTTPError as error:
                sys.exit(f"{place}: {expression}: {error.read().decode()}")
            reason = next((why for pattern, why in SILENT if re.search(pattern, expression)), None)
            if not found and not reason:
                empty += 1
                print(f"no data: {place}: {expression}", file=sys.stderr)
            elif not found:
                print(f"  without data, {reason}: {place}")
    finally:
        os.kill(int((RUN / "pid").read_text()), signal.SIGTERM)
        (RUN / "pid").unlink()
    print(f"{asked} queries asked, {empty} without data or reason; processes down: {down or 'none'}")
    sys.exit(bool(empty or down))


if __name__ == "__main__":
    if sys.argv[1:2] == ["verify"]:
        verify()
    elif sys.argv[1:2] == ["start"]:
        start(sys.argv[2] if len(sys.argv) > 2 else "prometheus")
    else:
        sys.exit(__doc__)
