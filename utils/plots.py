"""Figures: one look, colours that colour-blind readers tell apart, and a text alternative each.

A function here draws on axes that it is given or makes, and returns the figure; `show` puts it
into the notebook together with a sentence that says what is seen.
"""

import base64
import html
import io

import numpy as np

# Okabe and Ito's eight colours (Okabe and Ito 2008, Color Universal Design), darkest first.
PALETTE = (
    "#0072B2",  # blue
    "#D55E00",  # vermilion
    "#009E73",  # bluish green
    "#CC79A7",  # reddish purple
    "#E69F00",  # orange
    "#56B4E9",  # sky blue
    "#000000",  # black
    "#F0E442",  # yellow
)
WIDTH = 8.0  # inches; at 96 px an inch a figure is as wide as the text beside it

_STYLE = {
    "figure.facecolor": "white",
    "figure.dpi": 96,
    "savefig.dpi": 192,
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
    "lines.linewidth": 1.8,
}


def new_figure(rows=1, columns=1, *, title, height=3.0, **options):
    """A figure in the course's style, `WIDTH` inches wide.

    Args:
        title: str, the point of the figure in a sentence.
        height: float, inches.

    Returns:
        `(figure, axes)`, axes as `matplotlib.figure.Figure.subplots` gives them.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        axes = figure.subplots(rows, columns, **options)
        for ax in np.ravel(axes):
            lines = matplotlib.cycler(linestyle=("-", "--")) * matplotlib.cycler(color=PALETTE[:5])
            ax.set_prop_cycle(lines)
    return figure, axes


def show(figure, alt):
    """Display a figure with its text alternative.

    The picture goes into the notebook as an `img` element, because JupyterLab drops the
    alternative of a plain picture output; it has its own white ground, so it reads on dark themes.

    Args:
        figure: `matplotlib.figure.Figure`.
        alt: str, what is seen, for those who can't see it. No measured numbers: it is compared
            between runs to the letter.

    Raises:
        ValueError: the alternative is missing, or an axes has no label or no title above it.
    """
    from IPython.display import display

    display(_checked(figure, alt))


class Place:
    """A place in the notebook for a figure that changes: `show` draws over what was there.

    The notebook keeps the last figure only. In plain Python, where nothing can be drawn over, one
    line tells that there is a figure.
    """

    def __init__(self):
        self.handle, self.used = None, False

    def show(self, figure, alt):
        """As the function `show`."""
        from IPython.display import display

        picture = _checked(figure, alt)
        if self.handle:
            self.handle.update(picture)
        elif not self.used:
            self.handle, self.used = display(picture, display_id=True), True


def _checked(figure, alt):
    if len(alt.split()) < 8:
        raise ValueError("Say in a sentence of 8 words or more what the figure shows (alt=...).")
    unnamed = [
        index
        for index, ax in enumerate(figure.axes)
        if ax.axison
        and not (ax.get_xlabel() and ax.get_ylabel())
        and ax.get_label() != "<colorbar>"
    ]
    if unnamed or not figure.get_suptitle():
        raise ValueError(
            f"The figure needs a title (it has {figure.get_suptitle()!r}) and labels on both axes "
            f"(missing on panels {unnamed})."
        )
    return _Picture(figure, alt)


class _Picture:
    def __init__(self, figure, alt):
        import matplotlib
        from PIL import Image

        drawn, stored = io.BytesIO(), io.BytesIO()
        with matplotlib.rc_context(_STYLE):
            figure.savefig(drawn, format="png")
        # 256 colours of its own halve a picture's size in the notebook, and nobody sees it.
        colours = Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        colours.save(stored, format="png", optimize=True)
        self.png = base64.b64encode(stored.getvalue()).decode()
        self.width = round(figure.get_figwidth() * 96)
        self.alt = alt

    def __repr__(self):
        return f"Figure: {self.alt}"

    def _repr_html_(self):
        style = "max-width:100%;background:#fff;padding:8px;border-radius:4px"
        return (
            f'<img alt="{html.escape(self.alt)}" width="{self.width}" style="{style}" '
            f'src="data:image/png;base64,{self.png}">'
        )


def describe(ax, *, xlabel, ylabel, title=""):
    """Name the axes and, above a panel of several, what it shows; a legend where lines have names.

    The legend stands beside the panel, where it covers nothing.
    """
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_title(title, loc="left", fontsize=10)
    if len(ax.get_legend_handles_labels()[1]) > 1:
        ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))


def curves(ax, x, series, *, xlabel, ylabel, title="", log="", points=False):
    """Draw several curves that share their x values.

    Args:
        x: array (n,).
        series: dict of label to array (n,); labels become the legend.
        log: str, the axes that are logarithmic: "", "x", "y" or "xy".
        points: bool, mark each value, for x that are few or not a continuum.
    """
    for (label, values), marker in zip(series.items(), "osD^v" * 4, strict=False):
        ax.plot(x, values, label=label, marker=marker if points else None, markersize=5)
    for axis in log:
        ax.set(**{f"{axis}scale": "log"})
    describe(ax, xlabel=xlabel, ylabel=ylabel, title=title)


def stacked_curves(x, panels, *, title, xlabel):
    """A figure of panels below each other that share their x values.

    Args:
        x: array (n,).
        panels: dict of panel title to `(ylabel, series)`, series as in `curves`.
    """
    figure, axes = new_figure(len(panels), 1, title=title, height=2.8 * len(panels))
    for ax, (name, (ylabel, series)) in zip(np.ravel(axes), panels.items(), strict=True):
        curves(ax, x, series, xlabel=xlabel, ylabel=ylabel, title=name)
    return figure


def heatmap(ax, values, *, xlabel, ylabel, title="", limits=None, write=True):
    """Draw a matrix as shades, with its numbers written in.

    Args:
        values: array (rows, columns).
        limits: (low, high) of the colour scale; by default the values' own.
        write: bool, write each value into its cell with two digits.
    """
    values = np.asarray(values)
    low, high = limits or (values.min(), values.max())
    ax.imshow(values, cmap="cividis", vmin=low, vmax=high, aspect="auto")
    ax.grid(False)
    describe(ax, xlabel=xlabel, ylabel=ylabel, title=title)
    ax.set(xticks=range(values.shape[1]), yticks=range(values.shape[0]))
    if write:
        for (row, column), value in np.ndenumerate(values):
            shade = "white" if value < (low + high) / 2 else "black"
            ax.text(column, row, f"{value:.2f}", ha="center", va="center", color=shade, fontsize=8)


def image_row(ax, images, *, title="", limits=(0, 1), columns=None, signed=False):
    """Draw images side by side (in several rows where `columns` is given), without axes.

    Args:
        images: array (n, height, width) or (n, height, width, channels).
        limits: (low, high) that are drawn darkest and brightest.
        signed: bool, values of both signs: zero is drawn white, with a hue for each sign.
    """
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    columns = columns or len(images)
    rows = -(-len(images) // columns)
    height, width = images.shape[1:3]
    # One pixel between the images: NaN is drawn transparent, and a colour image can't hold it.
    between = np.nan
    if images.ndim == 4:  # colours are drawn as they are, from 0 to 1
        low, high = limits
        images, between = np.clip((images - low) / (high - low), 0, 1), 1.0
    size = (rows * (height + 1) - 1, columns * (width + 1) - 1, *images.shape[3:])
    canvas = np.full(size, between)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = row * (height + 1), column * (width + 1)
        canvas[top : top + height, left : left + width] = image
    ax.imshow(canvas, vmin=limits[0], vmax=limits[1], cmap="PuOr" if signed else "gray")
    ax.set_title(title, loc="left", fontsize=10)
    ax.axis("off")


def image_rows(rows, *, title, height, **options):
    """A figure of rows of images below each other.

    Args:
        rows: dict of what a row shows to its images, as in `image_row`, which takes the options.
        height: float, inches.
    """
    figure, axes = new_figure(len(rows), 1, title=title, height=height)
    for ax, (name, images) in zip(np.ravel(axes), rows.items(), strict=True):
        image_row(ax, images, title=name, **options)
    return figure


def bars(ax, x, heights, *, xlabel, ylabel, title=""):
    """Draw counts as bars; several series stand side by side.

    Args:
        x: array (n,) of whole numbers.
        heights: array (n,), or dict of label to array (n,).
    """
    series = heights if isinstance(heights, dict) else {"": heights}
    width = 0.8 / len(series)
    for index, (label, values) in enumerate(series.items()):
        place = np.asarray(x) + (index - (len(series) - 1) / 2) * width
        drawn = ax.bar(place, values, width, label=label, color=PALETTE[index])
        ax.bar_label(drawn, [f"{v:g}" if v else "" for v in values], fontsize=8)
    ax.set_xticks(x)
    ax.grid(False, axis="x")
    describe(ax, xlabel=xlabel, ylabel=ylabel, title=title)


def labelled_points(ax, points, labels, *, xlabel, ylabel, title=""):
    """Draw points of the unit square with a label beside each.

    Args:
        points: array (n, 2), between 0 and 1.
    """
    points = np.asarray(points)
    ax.scatter(*points.T, color=PALETTE[0], s=40, zorder=3)
    for point, label in zip(points, labels, strict=True):
        ax.annotate(str(label), point, xytext=(6, 4), textcoords="offset points")
    ax.set(xlim=(-0.08, 1.1), ylim=(-0.08, 1.1))
    describe(ax, xlabel=xlabel, ylabel=ylabel, title=title)


def class_points(ax, points, labels, *, xlabel, ylabel, title=""):
    """Draw points of ten classes or fewer, each as the number of its class.

    The number tells the classes apart; the colour (one of seven) only helps the eye.

    Args:
        points: array (n, 2).
        labels: array (n,) of whole numbers.
    """
    points, labels = np.asarray(points), np.asarray(labels)
    for label in np.unique(labels):
        chosen = points[labels == label]
        style = {"marker": f"${label}$", "color": PALETTE[label % 7], "linewidths": 0}
        ax.scatter(*chosen.T, s=26, **style)
    describe(ax, xlabel=xlabel, ylabel=ylabel, title=title)
