"""Opening JupyterLab on the course map."""

import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import webbrowser
from pathlib import Path

from utils.notebooks.running import profile_in

MAP = "notebooks/00_start_here.ipynb"
# For kernels: of a name that is missing it is said which cell makes it, also where no cell has run.
START_UP = """try:
    __import__("utils.cells").cells.watch()
except Exception:
    pass  # a kernel of another environment
"""


def open_lab(root, *, browser=True, port=8888):
    """Start JupyterLab, print its address, and stay until it ends (Ctrl+C).

    Args:
        root: path of the course; JupyterLab shows its files.
        browser: bool, open the address as well.
        port: int, the first port to try.

    Returns:
        int, JupyterLab's exit status.
    """
    configuration = quiet_first_start(root)
    known = os.environ.get("JUPYTER_CONFIG_PATH")
    token = os.environ.get("JUPYTER_TOKEN") or secrets.token_hex(24)
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        f"--ServerApp.root_dir={root}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=50",
        # Open tabs of another copy of the course stay with that one.
        f"--LabApp.workspaces_dir={configuration / 'workspaces'}",
        "--log-level=ERROR",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # containers; Jupyter refuses it otherwise
    log = configuration / "jupyterlab.log"
    if not os.access(root, os.W_OK):
        print(
            f"{root} can't be written to: notebooks run, and can't be saved there. Copy the course "
            "to a folder of your own to keep your work.",
            flush=True,
        )
    with log.open("w") as written:
        lab = subprocess.Popen(
            command,
            env=os.environ
            | {
                "JUPYTER_TOKEN": token,
                "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, (str(configuration), known))),
                "IPYTHONDIR": profile_in(configuration / "ipython"),
            },
            cwd=root,
            stdout=written,
            stderr=written,
        )
    try:
        address = _address(lab, token)
        if not address:
            raise RuntimeError(f"JupyterLab ended at once: {_last_line(log)} (all of it: {log})")
        print(f"JupyterLab is at {address}\nCtrl+C in this terminal ends it.", flush=True)
        if browser and not webbrowser.open(address):
            print("No browser could be opened: copy the address into one.", flush=True)
        return lab.wait()
    except KeyboardInterrupt:
        print("\nJupyterLab ends.", flush=True)
        return 0
    finally:
        if lab.poll() is None:
            lab.terminate()
            lab.wait(10)


def _last_line(log):
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def quiet_first_start(root):
    """No news, no look-up of updates, and none of nbgrader's menus, which are for instructors.

    Returns:
        path of a configuration folder for Jupyter, for this copy of the course alone.
    """
    prefix = Path(sys.prefix)
    if not os.access(prefix, os.W_OK):
        prefix = Path(tempfile.mkdtemp(prefix="course-"))  # news and updates are asked for, then
    folder = prefix / "share" / "jupyter" / "lab" / "settings"
    settings = {
        "@jupyterlab/apputils-extension:notification": {
            "fetchNews": "false",
            "checkForUpdates": False,
        }
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overrides.json").write_text(json.dumps(settings, indent=1))
    # An instructor's own `jupyter lab` keeps them: nothing is switched off in the environment.
    copy = hashlib.sha256(str(root).encode()).hexdigest()[:8]  # several may share an environment
    configuration = prefix / "share" / "course" / copy
    extensions = ("formgrader", "validate_assignment", "assignment_list", "course_list")
    off = {f"nbgrader.server_extensions.{name}": False for name in extensions}
    for name, content in (
        ("labconfig/page_config.json", {"disabledExtensions": {"@jupyter/nbgrader": True}}),
        ("jupyter_server_config.json", {"ServerApp": {"jpserver_extensions": off}}),
    ):
        (configuration / name).parent.mkdir(parents=True, exist_ok=True)
        (configuration / name).write_text(json.dumps(content, indent=1))
    start_up = configuration / "ipython" / "profile_default" / "startup" / "00_course.py"
    start_up.parent.mkdir(parents=True, exist_ok=True)
    start_up.write_text(START_UP)
    return configuration


def _address(lab, token, patience=60):
    """The map's address, once the server answers; None if it ended before."""
    from jupyter_server.serverapp import list_running_servers

    for _ in range(patience * 4):
        if lab.poll() is not None:
            return None
        for server in list_running_servers():
            if server["pid"] == lab.pid:
                return f"http://localhost:{server['port']}/lab/tree/{MAP}?token={token}"
        time.sleep(0.25)
    raise RuntimeError("JupyterLab did not start within a minute; try another --port.")
