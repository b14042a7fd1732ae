"""What a project has beside its code: licence, citation, changelog, forms, and what CI runs."""

import datetime
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from utils import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
HOOKS = {
    hook["id"]: hook
    for hook in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
}


def parsed(name):
    return yaml.safe_load((ROOT / name).read_text())


def releases():
    """Versions of the changelog with their dates, the newest first."""
    text = (ROOT / "CHANGELOG.md").read_text()
    return re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", text, re.M)


# --- version, licence, citation -------------------------------------------------------------------


def test_one_version_everywhere():
    citation = parsed("CITATION.cff")
    (newest, date), *_ = releases()
    assert PROJECT["version"] == citation["version"] == newest
    assert str(citation["date-released"]) == date
    series = ".".join(newest.split(".")[:2])
    supported = re.findall(r"^\| ([\d.]+) \| yes \|$", (ROOT / "SECURITY.md").read_text(), re.M)
    assert supported == [series]


def test_changelog_is_in_order_and_has_its_links():
    text = (ROOT / "CHANGELOG.md").read_text()
    versions = [Version(version) for version, _ in releases()]
    dates = [datetime.date.fromisoformat(date) for _, date in releases()]
    assert versions == sorted(versions, reverse=True) and dates == sorted(dates, reverse=True)
    headings = re.findall(r"^## \[(.+?)\]", text, re.M)
    assert headings[0] == "Unreleased" and len(headings) == len(versions) + 1
    assert re.findall(r"^\[(.+?)\]: ", text, re.M) == headings
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.M)) <= kinds


def test_citation_has_what_the_format_requires():
    citation = parsed("CITATION.cff")
    assert {"cff-version", "message", "title", "authors", "license", "type"} <= set(citation)
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert [author["name"] for author in citation["authors"]] == ["The course's maintainers"]
    assert PROJECT["authors"] == citation["authors"]


def test_one_licence_everywhere():
    assert PROJECT["license"] == " AND ".join(parsed("CITATION.cff")["license"])
    assert PROJECT["license-files"] == ["LICENSE", "NOTICE"]
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text and "TERMS AND CONDITIONS" in text and "APPENDIX" in text
    notice = (ROOT / "NOTICE").read_text()
    assert "Apache License 2.0" in notice and "CC BY 4.0" in notice


# --- CI, forms, hooks -----------------------------------------------------------------------------


def test_ci_runs_every_python_that_the_course_supports():
    workflow = parsed(".github/workflows/ci.yml")
    job = workflow["jobs"]["test"]
    supported = SpecifierSet(PROJECT["requires-python"])
    wanted = [f"3.{minor}" for minor in range(30) if f"3.{minor}.0" in supported]
    assert job["strategy"]["matrix"]["python"] == wanted
    # YAML 1.1 reads the key `on` as true.
    assert {"push", "pull_request", "schedule"} <= set(workflow[True])
    assert workflow["permissions"] == {"contents": "read"}


def test_ci_runs_everything_in_parts():
    job = parsed(".github/workflows/ci.yml")["jobs"]["test"]
    shards = job["strategy"]["matrix"]["shard"]
    assert shards == [f"{i}/{len(shards)}" for i in range(1, len(shards) + 1)]
    assert job["env"]["COURSE_SHARD"] == "${{ matrix.shard }}"
    calls = [step for step in job["steps"] if ".ci/run" in step.get("run", "")]
    assert calls == [{"run": ".ci/run"}]
    run = ROOT / ".ci" / "run"
    assert run.stat().st_mode & 0o111
    assert run.read_text().splitlines()[-1] == 'exec ./course test --all "$@"'


def test_ci_allows_the_namespaces_that_the_jail_needs():
    from utils.grading.jail import NAMESPACE_SWITCHES

    steps = parsed(".github/workflows/ci.yml")["jobs"]["test"]["steps"]
    switched = [step["run"].split()[-1] for step in steps if "sysctl" in step.get("run", "")]
    assert set(switched) <= {f"{name}={on}" for name, _, on in NAMESPACE_SWITCHES}
    assert switched


def test_dependabot():
    updates = parsed(".github/dependabot.yml")["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "pip"}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_forms(path):
    form = yaml.safe_load(path.read_text())
    if path.stem == "config":
        assert set(form) <= {"blank_issues_enabled", "contact_links"}
        return
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"input", "textarea", "dropdown"}
    ids = [field["id"] for field in fields]
    assert fields and len(set(ids)) == len(ids)
    assert all(field["attributes"]["label"] for field in fields)
    for field in fields:
        options = field["attributes"].get("options", ["-"])
        assert all(isinstance(option, str) for option in options)  # not the boolean `yes`


def test_forms_are_there_for_each_kind():
    assert {path.stem for path in FORMS} == {"config", "grading", "notebook", "question"}
    assert (ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md").exists()


def test_pages_at_the_root_name_files_that_exist():
    for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\((?![a-z]+:)([^)\s#]+)", (ROOT / name).read_text()):
            assert (ROOT / target).exists(), f"{name}: {target}"


# --- style ----------------------------------------------------------------------------------------


def test_format():
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "utils", "tests", "course"]
    done = subprocess.run([*ruff, ".ci/lock"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lint_of_what_has_no_ending():
    ruff = [sys.executable, "-m", "ruff", "check", "-q", "course", ".ci/lock"]
    done = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_spelling_of_the_pages_at_the_root():
    pages = sorted(ROOT.glob("*.md")) + [ROOT / "NOTICE", ROOT / "CITATION.cff", ROOT / ".github"]
    codespell = [sys.executable, "-m", "codespell_lib", *map(str, pages)]
    done = subprocess.run(codespell, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hooks_call_the_tools_of_the_lock():
    """Local hooks: nothing is fetched, and their versions are those that the tests use."""
    assert [repo["repo"] for repo in parsed(".pre-commit-config.yaml")["repos"]] == ["local"]
    assert {"ruff-check", "ruff-format", "codespell"} == set(HOOKS)
    lock = (ROOT / "requirements-dev.txt").read_text()
    for hook in HOOKS.values():
        tool = hook["entry"].split()[0]
        assert hook["language"] == "system" and tool.startswith(".venv/bin/")
        assert re.search(rf"^{Path(tool).name}==", lock, re.M)


# --- what the pages say ---------------------------------------------------------------------------


def calls_in(page):
    """The calls of `./course` that stand in a page's code, without what is said beside them."""
    found = re.findall(r"^(?:\$ )?(?:\w+=\S+ )?\./course (.*)$", page.read_text(), re.M)
    return [re.split(r"  +", call)[0] for call in found]


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_calls_in_pages_can_be_made(page):
    """With the options that the command has today."""
    from utils.command import cli

    for call in calls_in(ROOT / page):
        arguments, unknown = cli.parser().parse_known_args(shlex.split(call))
        assert not unknown, f"{page}: ./course {call}"


def test_pages_have_calls():
    assert len(calls_in(ROOT / "README.md")) >= 3 and calls_in(ROOT / "docs" / "instructors.md")
