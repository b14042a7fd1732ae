"""The house: floors in order, no circle, and folders that say what goes where."""

import ast

import pytest

from utils import ROOT
from utils.authoring import house, imports, release
from utils.grading import folder, jail

PACKAGE = house.modules()
OURS = "utils", "tests"


def against_the_order(graph):
    return [
        f"{module} imports {other}"
        for module, others in graph.items()
        for other in others
        if house.place_of(other) > house.place_of(module)
    ]


def circle_in(graph):
    """Modules that import each other in a circle, or []."""
    done, path = set(), []

    def visit(module):
        if module in path:
            return path[path.index(module) :]
        if module in done:
            return []
        path.append(module)
        for other in sorted(graph[module]):
            if found := visit(other):
                return found
        path.pop()
        done.add(module)
        return []

    return next((found for module in graph if (found := visit(module))), [])


@pytest.fixture(scope="module")
def graph():
    return house.graph()


def test_the_picture_of_the_house_is_what_the_code_gives():
    assert house.picture() in house.PAGE.read_text(), "run: course build"


def test_every_folder_is_a_floor():
    folders = {path.name for path in (ROOT / "utils").iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == set(house.FLOORS)


def test_no_import_runs_against_the_order_of_floors(graph):
    assert not against_the_order(graph)
    wrong = graph | {"utils.data": graph["utils.data"] | {"utils.checks.compare"}}
    assert against_the_order(wrong) == ["utils.data imports utils.checks.compare"]
    wrong = graph | {"utils.checks.compare": {"utils.checks.labs.practice"}}
    assert against_the_order(wrong) == ["utils.checks.compare imports utils.checks.labs.practice"]


def test_no_imports_in_a_circle(graph):
    assert circle_in(graph) == []
    wrong = graph | {"utils.data.catalog": {"utils.data.builders"}}
    assert set(circle_in(wrong)) == {"utils.data.catalog", "utils.data.builders"}


def test_the_package_imports_nothing_from_the_tests():
    for module, path in PACKAGE.items():
        found = {name for name in imports.imports_of(path.read_text()) if name.startswith("tests")}
        assert not found, f"{module} imports {found}"
        assert '"tests.' not in path.read_text(), f"{module} names a module of the tests"


@pytest.mark.parametrize("rooms", [release.PARTS, jail.INSIDE], ids=["bundle", "jail"])
def test_what_is_handed_out_works_without_the_rest(rooms):
    """No module of a bundle or a jail imports, where it begins, one that is not there."""
    own = ROOT if rooms is release.PARTS else ROOT / "utils"
    paths = {path for part in rooms for path in own.glob(part)}
    there = {module for module, path in PACKAGE.items() if path in paths}
    there |= {"utils.checks", "utils.grading", "utils.grading.inside"}
    assert len(there) > 15
    for module in there & PACKAGE.keys():
        body = ast.parse(PACKAGE[module].read_text()).body
        begin = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
        for other in imports.imports_of("\n".join(map(ast.unparse, begin))) & PACKAGE.keys():
            assert other in there or module == "utils.checks", f"{module} imports {other}"


def test_secrets_stay_at_home():
    for part in release.PARTS:
        assert not any(word in part for word in ("hidden", "authoring", "grading", "solutions"))


def test_the_mark_of_grades_follows_the_imports(tmp_path, monkeypatch):
    """Another lab, a benchmark or the command change no mark; check, driver and judge do."""
    before = {lab: folder.mark_of_checks(lab) for lab in ("lab1_identity_838", "lab3_vae")}
    read = type(ROOT).read_bytes

    def edited(*names):
        def read_bytes(path):
            return read(path) + b"#" * (path.relative_to(ROOT).as_posix() in names)

        monkeypatch.setattr(type(ROOT), "read_bytes", read_bytes)
        return {lab for lab in before if folder.mark_of_checks(lab) != before[lab]}

    assert not edited("utils/bench/dcgan.py", "utils/command/cli.py", "utils/grading/reports.py")
    assert not edited("utils/checks/labs/lab4_dcgan.py", "utils/authoring/build.py")
    assert edited("utils/checks/labs/lab3_vae.py") == {"lab3_vae"}
    assert edited("utils/checks/hidden/lab1_identity_838.py") == {"lab1_identity_838"}
    for shared in ("checks/compare", "checks/remote/networks", "grading/judge", "nets"):
        assert edited(f"utils/{shared}.py") == before.keys(), shared
    for inside in ("checks", "confinement", "process"):
        assert edited(f"utils/grading/inside/{inside}.py") == before.keys(), inside


def test_answers_are_made_anew_with_all_that_they_rest_on():
    """In the jail, where a submission may have put something in the place of each module."""
    from utils.grading.inside import process

    there = {path.stem for path in (ROOT / "utils" / "checks" / "remote").glob("*.py")}
    assert sorted(process.REMOTE) == sorted(there - {"__init__"})


def test_no_module_of_tests_imports_another():
    """What they share stands in modules of its own: one imported twice collects its tests twice."""
    for path in (ROOT / "tests").rglob("*.py"):
        found = {name for name in imports.imports_of(path.read_text()) if "tests.test_" in name}
        assert not found, f"{path.name} imports {found}"


def defined_in(path):
    """Names at the top level of a module, as far as its code tells."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


@pytest.mark.parametrize("folder", ["content", "tests", "utils"])
def test_every_import_finds_its_module_and_its_name(folder):
    """Also those within functions, which nothing else looks at before they are called."""
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            module = getattr(node, "module", None) or ""
            if not isinstance(node, ast.ImportFrom) or module.split(".")[0] not in OURS:
                continue
            file = imports.file_of(module)
            assert file or (ROOT / module).is_dir(), f"{path.name} imports {module}"
            for alias in node.names:
                found = imports.file_of(f"{module}.{alias.name}")
                found = found or file and alias.name in defined_in(file)
                assert found, f"{path.name} imports {alias.name} from {module}"
