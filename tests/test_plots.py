"""Figures: what `show` demands, what it displays, and that the same figure is the same bytes."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from utils import plots

INPUTS = []  # see tests/keys.py

ALT = "A curve of five points that bends once in the middle."


@pytest.fixture
def shown(monkeypatch):
    objects = []
    monkeypatch.setattr("IPython.display.display", objects.append)
    return objects


def a_figure(title="A point", xlabel="x", ylabel="y"):
    figure, ax = plots.new_figure(title=title, height=2)
    plots.curves(ax, range(5), {"a": np.arange(5), "b": np.ones(5)}, xlabel=xlabel, ylabel=ylabel)
    return figure


@pytest.mark.parametrize(
    "figure, alt, words",
    [
        ({}, "too short", "8 words"),
        ({"title": ""}, ALT, "needs a title"),
        ({"xlabel": ""}, ALT, "labels on both axes"),
        ({"ylabel": ""}, ALT, "labels on both axes"),
    ],
)
def test_a_figure_without_words_is_refused(shown, figure, alt, words):
    with pytest.raises(ValueError, match=words):
        plots.show(a_figure(**figure), alt)
    assert not shown


def test_the_alternative_is_escaped_and_the_same_figure_is_the_same_bytes(shown):
    for _ in range(2):
        plots.show(a_figure(), ALT + ' "<b>"')
    first, second = (each._repr_html_() for each in shown)
    assert first == second
    assert 'alt="A curve of five points' in first and "<b>" not in first
    assert repr(shown[0]) == f'Figure: {ALT} "<b>"'
    png = base64.b64decode(re.search(r"base64,([^\"]+)", first)[1])
    assert Image.open(io.BytesIO(png)).size == (1536, 384)  # twice the size it is shown in


def test_image_rows_keep_their_pixels(shown):
    figure, ax = plots.new_figure(title="Images")
    images = np.random.default_rng(0).uniform(size=(3, 4, 5, 1))
    plots.image_row(ax, images, columns=2)
    canvas = np.asarray(ax.images[0].get_array().filled(np.nan))
    assert canvas.shape == (2 * 4 + 1, 2 * 5 + 1)
    assert np.array_equal(canvas[5:, :5], images[2, ..., 0]) and np.isnan(canvas[4]).all()
    plots.show(figure, "Three images of four by five pixels, two in the first row.")


def test_lines_differ_in_more_than_hue():
    figure = a_figure()
    axes = figure.axes[0]
    for index in range(12):
        axes.plot([0, 1], [index, index])
    styles = [(line.get_color(), line.get_linestyle()) for line in axes.lines]
    assert len(set(styles[:10])) == 10


def test_class_points_are_drawn_as_their_numbers():
    figure, ax = plots.new_figure(title="Classes", height=2)
    points, labels = np.arange(8).reshape(4, 2), np.array([9, 0, 9, 3])
    plots.class_points(ax, points, labels, xlabel="x", ylabel="y")
    drawn = {len(each.get_offsets()): each for each in ax.collections}
    assert [len(each.get_offsets()) for each in ax.collections] == [1, 1, 2]  # classes 0, 3, 9
    assert np.array_equal(drawn[2].get_offsets(), points[[0, 2]])
    colours = {tuple(each.get_facecolor()[0]) for each in ax.collections}
    assert len(colours) == 3  # 0, 3 and 9 differ in colour as well


def test_colours_between_other_limits():
    """Of RGB images matplotlib itself ignores limits."""
    _, ax = plots.new_figure(title="Colours from minus one to one")
    plots.image_row(
        ax, np.stack([np.full((2, 2, 3), value) for value in (-1.0, 0.0, 1.5)]), limits=(-1, 1)
    )
    canvas = ax.images[0].get_array()
    assert [canvas[0, column, 0] for column in (0, 3, 6)] == [0.0, 0.5, 1.0]
