"""Figures that follow a run: drawn again in place while a model trains."""

import time

import keras

from utils import plots
from utils.training.checkpoints import whole


class FigureEachEpoch(keras.callbacks.Callback):
    """A figure that is drawn again, in place, while a model trains; a notebook keeps the last.

    Args:
        draw: called as `draw(epoch)` with the number of epochs done, from 1; gives a figure of
            `plots.new_figure`.
        alt: str, what is seen in the last one, as for `plots.show`.
        every: int, epochs between drawings. The last epoch is always drawn.
    """

    def __init__(self, draw, alt, every=1):
        super().__init__()
        self.draw, self.alt, self.every = draw, alt, whole(every, "every", 1)

    def on_train_begin(self, logs=None):
        self.place, self.done, self.drawn = plots.Place(), 0, 0

    def on_epoch_end(self, epoch, logs=None):
        self.done = epoch + 1
        if self.is_due():
            self.show()

    def on_train_end(self, logs=None):
        if self.done != self.drawn:
            self.show()

    def is_due(self):
        return self.done % self.every == 0

    def show(self):
        self.place.show(self.draw(self.done), self.alt)
        self.drawn = self.done


class LossPlot(FigureEachEpoch):
    """Losses against epochs, drawn again at most every few seconds and at the end.

    Args:
        title: str, the point of the figure in a sentence, as for `plots.new_figure`.
        alt: str, what is seen in the end, as for `plots.show`.
        names: entries of the history to draw, or a dict of these to their labels; by default all
            that end in "loss".
        log: str, the logarithmic axes: "", "x", "y" or "xy".
        seconds: float, the least time between drawings; ten times what one takes, if longer.

    In a plain `model.fit` the figure is one epoch behind until the end.
    """

    def __init__(self, title, alt, *, names=None, ylabel="loss", log="", seconds=2.0):
        super().__init__(self.curves, alt)
        self.title, self.names, self.ylabel = title, names, ylabel
        self.log, self.seconds, self.next = log, seconds, 0.0

    def on_train_begin(self, logs=None):
        super().on_train_begin()
        self.next = 0.0

    def is_due(self):
        return bool(self.model.history.history) and time.monotonic() >= self.next

    def show(self):
        began = time.monotonic()
        super().show()
        took = time.monotonic() - began
        self.next = began + max(self.seconds, 10 * took)

    def curves(self, epoch):
        history = self.model.history.history
        names = self.names or [name for name in history if name.endswith("loss")]
        figure, ax = plots.new_figure(title=self.title)
        # an entry measured only in some epochs has no place among the others
        length = max(len(history[name]) for name in names)
        labels = names if isinstance(names, dict) else {n: n.replace("_", " ") for n in names}
        shown = {label: history[name] for name, label in labels.items()}
        shown = {name: values for name, values in shown.items() if len(values) == length}
        x = range(1, length + 1)
        few = length <= 10  # and a single epoch has no line
        plots.curves(ax, x, shown, xlabel="epoch", ylabel=self.ylabel, log=self.log, points=few)
        if "x" not in self.log:
            ax.xaxis.get_major_locator().set_params(integer=True)
        return figure
