# ---
# jupyter:
#   course:
#     time_limit_s: 60
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 12: PCA is a linear network
#
# Principal component analysis is taught as linear algebra, autoencoders as deep learning. They are the
# same machine: leave the nonlinearity out of an autoencoder, and the best it can do is PCA. This notebook
# shows it to float precision, shows the one thing that gradient descent on the squared error does *not* find,
# and changes the loss so that it does.
#
# **You will** derive PCA, write it as two layers, train the same two layers by gradient descent, compare the
# two subspaces by their angles, see why the axes differ, and recover them.
#
# | | |
# |---|---|
# | Time | about 30 minutes to read; runs in half a minute on two cores |
# | Needs | no network, no GPU, 1 GB of memory |
# | Before | [Start here](00_start_here.ipynb) |
# | After | [Lab 1: the 8-3-8 identity network](../labs/lab1_identity_838.ipynb), where a nonlinearity makes the difference |
#
# At the end you will have made this figure:
#
# ![Three rows of ten small images. The first row shows the axes found by PCA. The second row, the trained network's decoder columns, looks like mixtures of them. The third row, the decoder columns of a network whose loss also counts shorter codes, shows the first row again.](../docs/figures/12_pca_is_a_linear_network.png)

# %%
from utils import runtime

# float32: "equal to float precision" is the point of this notebook.
settings = runtime.start(seed=0, precision="float32")

# %%
import keras
import numpy as np
import tensorflow as tf
from sklearn.decomposition import PCA

from utils import metrics, plots
from utils.claims import Claims
from utils.data import load_arrays

claims = Claims("12_pca_is_a_linear_network")

# %% [markdown]
# ### Settings

# %%
# quick: 1,797 digits of 8 x 8 pixels; full: MNIST, 28 x 28.
DATA = settings.choose(quick="digits", full="mnist")
# The eigenvalues number 10 and 11 are well apart in both sets: without a gap between them the
# subspace of the first 10 is not defined by the data, and no method could find it.
WIDTH = 10
STEPS = settings.choose(quick=6_000, full=30_000)
BATCH = 200
PREFIX_RATE = 0.03  # section 6: its loss separates close eigenvalues slowly
LEARNING_RATE = 0.01  # falls to 0 along a cosine, so that the last steps only polish

# %% [markdown]
# ## 1. The data: images as vectors
# Each image is a vector $x \in \mathbb{R}^d$ of $d$ pixels between 0 and 1. Test images are used for nothing but measuring.

# %%
train = load_arrays(DATA, "train")["image"]  # (n, height, width, 1)
test = load_arrays(DATA, "test")["image"]
side = train.shape[1]
train, test = train.reshape(len(train), -1), test.reshape(len(test), -1)  # (n, d)
print("Training images:", len(train), "- test images:", len(test), "- pixels:", train.shape[1])

# %% [markdown]
# ## 2. PCA
#
# **The question.** Which $k$ orthonormal directions preserve the most variance? Subtract the mean $\mu$. Along a unit
# vector $v$ the variance of the images is $v^\top C v$, with the covariance
#
# $$C = \frac{1}{n} \sum_i (x_i - \mu)(x_i - \mu)^\top.$$
#
# To maximize it under $v^\top v = 1$, set the derivative of $v^\top C v - \lambda (v^\top v - 1)$ to zero: $C v = \lambda v$.
# So $v$ is an eigenvector of $C$, and the variance along it is its eigenvalue; the best $v_1$ belongs to the largest, $\lambda_1$. Among
# the directions orthogonal to $v_1$ the same argument gives $v_2$, and so on. The code of an image is $\phi(x) = V^\top (x - \mu)$, its
# reconstruction $\mu + V \phi(x)$. What the reconstruction lacks is the variance along the other eigenvectors:
#
# $$\frac{1}{n} \sum_i \lVert x_i - \mu - V \phi(x_i) \rVert^2 = \lambda_{k+1} + \dots + \lambda_d.$$

# %%
mean = train.mean(axis=0)  # (d,)
covariance = (train - mean).T @ (train - mean) / len(train)  # (d, d)
eigenvalues, eigenvectors = np.linalg.eigh(covariance.astype("float64"))
eigenvalues, eigenvectors = eigenvalues[::-1], eigenvectors[:, ::-1]  # largest first
V = eigenvectors[:, :WIDTH].astype("float32")  # (d, k)


def pca_reconstruction(images):
    """Project on the first k principal directions and back, (n, d) -> (n, d)."""
    return mean + (images - mean) @ V @ V.T


def squared_error(images, reconstruction):
    """Mean over images of the squared error summed over pixels."""
    return np.sum((images - reconstruction) ** 2, axis=1).mean()


# %%
count = np.arange(1, 31)
kept = np.cumsum(eigenvalues)[:30] / eigenvalues.sum()
figure, ax = plots.new_figure(
    title=f"{WIDTH} of {len(mean)} directions preserve {kept[WIDTH - 1]:.0%} of the variance",
    height=2.8)
plots.curves(ax, count, {"": kept}, points=True, xlabel="number of directions k",
             ylabel="share of the variance preserved")
ax.axvline(WIDTH, color="black", linewidth=1, linestyle=":")
ax.set_ylim(0, 1)
plots.show(figure, "Share of the variance preserved against the number of directions: it rises "
                   "steeply at first, then ever more slowly towards one. A dotted line "
                   "marks ten directions.")

# %% [markdown]
# **The reading.** Both statements can be checked: the training error against the sum of the eigenvalues left out, and the
# directions against scikit-learn's PCA.

# %%
left_out = eigenvalues[WIDTH:].sum()
error = squared_error(train, pca_reconstruction(train))
print("Training error is the sum of the eigenvalues left out, to 0.01 %:",
      bool(abs(error / left_out - 1) < 1e-4))
sklearn_axes = PCA(WIDTH, svd_solver="full").fit(train).components_  # (k, d)
angle = metrics.principal_angles(V, sklearn_axes.T).max()
print("Same subspace as scikit-learn's, to 0.01 degrees:", bool(angle < 0.01))

# %% [markdown]
# ## 3. The same as two layers
#
# **The question.** Can a network be PCA? Read the two formulas as layers with biases, for a batch with an
# image in each row of $x$:
#
# $$h = x V - \mu V, \qquad \tilde{x} = h V^\top + \mu$$
#
# The encoder's kernel is $V$ and its bias $-\mu V$; the decoder's kernel is $V^\top$ and its bias $\mu$.


# %%
def linear_autoencoder(pixels, width, between=()):
    """Two dense layers without activation, (n, pixels) -> (n, width) -> (n, pixels)."""
    encoder = keras.layers.Dense(width, name="encoder")
    decoder = keras.layers.Dense(pixels, name="decoder")
    return keras.Sequential([keras.Input((pixels,)), encoder, *between, decoder])


written = linear_autoencoder(train.shape[1], WIDTH)
written.get_layer("encoder").set_weights([V, -mean @ V])
written.get_layer("decoder").set_weights([V.T, mean])

difference = np.abs(np.asarray(written(test)) - pca_reconstruction(test)).max()
print("Every test pixel as by PCA, to 0.00001:", bool(difference < 1e-5))

# %% [markdown]
# **The reading.** The outputs agree to the last digits of float32. PCA *is* a network with one linear hidden
# layer; the eigenvectors are its weights.

# %% [markdown]
# ## 4. Trained instead of written
#
# **The question.** Nobody tells the network about eigenvectors: it starts from random weights and lowers
# the squared error. Does it end up in the same place?


# %%
def fitted(model, seed, loss="mean_squared_error", rate=LEARNING_RATE):
    """Trains a model to reconstruct the training images; its loss over 60 stretches of steps."""
    schedule = keras.optimizers.schedules.CosineDecay(rate, STEPS)
    # Many steps a call: for a network this small, Python between the steps is what takes the time.
    model.compile(keras.optimizers.Adam(schedule), loss=loss, steps_per_execution=STEPS // 60)
    batches = tf.data.Dataset.from_tensor_slices((train, train))
    batches = batches.shuffle(len(train), seed=seed).repeat().batch(BATCH).prefetch(2)
    history = model.fit(batches, steps_per_epoch=STEPS // 60, epochs=60, shuffle=False, verbose=0)
    # Keras's loss is the mean over pixels; here, as everywhere in this notebook, it is the sum.
    return np.array(history.history["loss"]) * train.shape[1]


def decoder_columns(model):
    """The directions that a decoder spans, (d, k)."""
    return model.get_layer("decoder").kernel.numpy().T


# %%
keras.utils.set_random_seed(settings.seed)
trained = linear_autoencoder(train.shape[1], WIDTH)
losses = fitted(trained, settings.seed)

# %%
figure, ax = plots.new_figure(
    title="The trained error comes down to PCA's and stops there", height=2.8)
plots.curves(ax, np.arange(1, 61) * STEPS // 60,
             {"trained": losses, "PCA": np.full(60, left_out)},
             xlabel="step", ylabel="squared error per image")
ax.set_ylim(0)
plots.show(figure, "Training error against steps: it falls within the first tenth of the "
                   "steps, then lies on the horizontal line of PCA's error and stays "
                   "there.")

# %%
error_trained = squared_error(test, np.asarray(trained(test)))
error_pca = squared_error(test, pca_reconstruction(test))
claims.add("trained network: test error over PCA's", error_trained / error_pca,
           at_least=0.999, at_most=1.001)

columns = decoder_columns(trained)
angles = metrics.principal_angles(columns, V)  # (k,) degrees, largest first
claims.add("trained network: largest principal angle to PCA's subspace", angles.max(),
           at_most=0.5, unit="degrees")

# %% [markdown]
# **The reading.** Same error, same subspace. Principal angles compare two subspaces whatever axes they are
# given in: all are zero when the subspaces are one. If the eigenvalues 10 and 11 were equal, the
# error would still agree but the angle would not; *Change this and look* has an example.

# %% [markdown]
# ## 5. Not the same axes
#
# **The question.** The subspace agrees; do the ten directions? For each PCA direction we look for the decoder
# column most like it (absolute cosine).


# %%
def best_cosines(columns):
    """For each principal direction, its largest absolute cosine with a column: (d, k) -> (k,)."""
    unit = columns / np.linalg.norm(columns, axis=0)
    return np.abs(V.T @ unit).max(axis=1)


runs = [columns]
for seed in range(1, 4):
    keras.utils.set_random_seed(seed)
    model = linear_autoencoder(train.shape[1], WIDTH)
    fitted(model, seed)
    runs.append(decoder_columns(model))
cosines = np.array([best_cosines(run) for run in runs])  # (runs, k)
# The control: random bases of the very same subspace.
rng = np.random.default_rng(settings.seed)
random_bases = rng.normal(size=(200, WIDTH, WIDTH))
by_chance = np.mean([best_cosines(V @ basis) for basis in random_bases], axis=0)  # (k,)

# %%
figure, ax = plots.new_figure(
    title="The trained columns are no nearer to PCA's axes than random ones", height=3)
plots.curves(ax, np.arange(1, WIDTH + 1),
             {f"seed {seed}": row for seed, row in enumerate(cosines)}
             | {"random bases": by_chance},
             xlabel="principal direction", ylabel="best cosine with a column", points=True)
for line in ax.get_lines():
    line.set_linestyle("none")  # directions are no continuum
ax.set_ylim(0, 1.05)
plots.show(figure, "Best absolute cosine between each of ten principal directions and the "
                   "decoder's columns, for four seeds: scattered between about 0.4 and 0.9, a "
                   "different pattern for each seed, around the mean of random bases of "
                   "the same subspace.")
claims.add("trained networks: mean best cosine with PCA's axes beyond that of random bases, "
           "the largest of four seeds", cosines.mean(axis=1).max() - by_chance.mean(), at_most=0.2)

# %% [markdown]
# **The reading.** A column that *were* an axis would have a cosine of 1. The trained ones are scattered as
# random bases of the same subspace are, and differ from seed to seed. For any invertible matrix $R$, the encoder $xVR$ and the
# decoder $R^{-1}V^\top$ give the same reconstruction: the squared error cannot tell the axes apart, so the start
# decides. PCA is the one of these solutions whose decoder columns are orthonormal *and* whose code is uncorrelated, sorted by variance. PCA of the trained *codes*
# does not bring it back, because their variances depend on $R$, too. PCA of the *reconstructions* does.

# %%
codes = trained.layers[0](train).numpy()  # (n, k)


def cosines_by_rank(directions):
    """Absolute cosine of each column with PCA's axis of the same rank: (d, k) -> (k,)."""
    return np.abs(np.sum(directions / np.linalg.norm(directions, axis=0) * V, axis=0))


of_outputs = PCA(WIDTH, svd_solver="full").fit(trained(train).numpy()).components_.T  # (d, k)
of_codes = columns @ PCA(WIDTH, svd_solver="full").fit(codes).components_.T  # (d, k)
claims.add("PCA of the reconstructions: smallest cosine with PCA's axis of the same rank",
           cosines_by_rank(of_outputs).min(), at_least=0.99)
claims.add("PCA of the codes, decoded: smallest cosine with PCA's axis of the same rank",
           cosines_by_rank(of_codes).min(), at_most=0.9)

# %% [markdown]
# ## 6. A loss that knows the axes
#
# **The question.** Can gradient descent itself find the axes? Then the loss must change when the code is turned. Here is
# one such loss: reconstruct from the first component alone, from the first two, and so on up to all $k$, and average
# the errors. The first component is now worth most if it carries the most variance, the second if it carries the most of
# the rest: the derivation of section 2, as an objective.


# %%
class Prefixes(keras.layers.Layer):
    """Codes (n, k) -> (n, k, k): row j keeps components 1 to j and sets the others to zero."""

    def call(self, codes):
        return codes[:, None, :] * np.tril(np.ones((WIDTH, WIDTH), "float32"))


def mean_over_prefixes(images, reconstructions):
    """Mean squared error of images (n, d) against reconstructions (n, k, d)."""
    return keras.ops.mean(keras.ops.square(images[:, None, :] - reconstructions))


keras.utils.set_random_seed(settings.seed)
ordered = linear_autoencoder(train.shape[1], WIDTH, between=[Prefixes()])
fitted(ordered, settings.seed, mean_over_prefixes, PREFIX_RATE)
found = decoder_columns(ordered)
claims.add("loss over prefixes: smallest cosine of a decoder column with PCA's axis of its rank",
           cosines_by_rank(found).min(), at_least=0.9)

# %% tags=["cover"]
def as_images(directions):
    """Directions (d, k) as images (k, side, side), signs aligned with PCA's where they can be."""
    unit = directions / np.linalg.norm(directions, axis=0)
    return (unit * np.sign(np.sum(unit * V, axis=0))).T.reshape(WIDTH, side, side)


rows = {"PCA": V, "trained on the squared error": columns, "trained on all prefixes": found}
figure = plots.image_rows(
    {name: as_images(directions) for name, directions in rows.items()}, height=3.6,
    limits=(-0.4, 0.4), signed=True,
    title="The squared error finds PCA's subspace; errors of shorter codes find its axes")
plots.show(figure, "Three rows of ten small images. First row, PCA's axes. Second row, the "
                   "decoder columns of the network trained on the squared error, looks like "
                   "mixtures of them. Third row, the columns of the network trained on the "
                   "errors of all prefixes of the code, is the first row again.")

# %% [markdown]
# **The reading.** Up to sign and length, the columns are the axes, in their order. Nothing about the network has changed, only
# the question that the loss asks of it. Other such losses are known: dropping the end of the code at random (Rippel et al. 2014), or a
# different weight decay for each component (Bao et al. 2020); the same decay for all makes the columns orthogonal and still
# leaves a rotation free (Kunin et al. 2019).

# %% [markdown]
# ## 7. Whitening
#
# **The question.** What else is special about PCA's code? Its components are uncorrelated, with variances
# $\lambda_1, \dots, \lambda_k$. Dividing each by $\sqrt{\lambda_j}$ makes the covariance the identity: the code is *white*.

# %%
pca_codes = (train - mean) @ V  # (n, k)
white = pca_codes / np.sqrt(eigenvalues[:WIDTH])
figure, panels = plots.new_figure(
    1, 3, height=3, title="The trained code is correlated; PCA's is not, and scaled it is white")
shown = {"trained code": codes, "PCA code": pca_codes, "whitened": white}
for ax, (name, values) in zip(panels, shown.items()):
    covariance_of_code = np.cov(values.T, bias=True)
    plots.heatmap(ax, np.abs(covariance_of_code) / covariance_of_code.max(),
                  xlabel="component, from 0", ylabel="component, from 0", title=name,
                  limits=(0, 1), write=False)
plots.show(figure, "Three shaded covariance matrices of ten components. Trained code: "
                   "shades off the diagonal as well. PCA code: the diagonal only, fading "
                   "towards the last component. Whitened: an even bright diagonal, all "
                   "else dark.")
print("Covariance of the whitened code is the identity, to 0.001:",
      bool(np.abs(np.cov(white.T, bias=True) - np.eye(WIDTH)).max() < 1e-3))

# %% [markdown]
# **The reading.** The trained code is as informative as PCA's, and correlated. Whatever works on the code of an
# autoencoder must not read meaning into its single components, unless something more than the
# reconstruction error has shaped them, as in section 6. For nonlinear autoencoders this question goes by the
# name of *disentangling*.

# %% [markdown]
# ## 8. Claims

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# Set `WIDTH` to 9 and run the notebook again. In `digits` the eigenvalues number 9 and 10 are close to each other: the
# error still agrees with PCA's to a hundredth of a per cent, but the largest angle is many degrees, and two
# claims fail, as they should. Why is that no contradiction?
#
# ### To think about
# 1. How many of the weights of the trained network could you choose freely without changing any output?
# 2. A nonlinear encoder with a *linear* decoder of the same width: can it have a lower error than PCA?
#
# <details><summary>Answers</summary>
#
# 1. 110. An invertible matrix R of 10 x 10 can be put between the layers, and whatever is added to the encoder's ten
#    biases can be taken away again by the decoder's. All other weights follow.
# 2. No. Its reconstructions lie in an affine subspace of k dimensions, whatever the encoder does, and the best point of a
#    subspace is the orthogonal projection, which is linear.
#
# </details>
#
# ### Sources
# - P. Baldi, K. Hornik, *Neural networks and principal component analysis: learning from examples without
#   local minima*, Neural Networks 2, 1989: every minimum of the linear autoencoder is the PCA subspace.
# - H. Bourlard, Y. Kamp, *Auto-association by multilayer perceptrons and singular value decomposition*,
#   Biological Cybernetics 59, 1988.
# - O. Rippel, M. Gelbart, R. Adams, *Learning ordered representations with nested dropout*, ICML 2014; D. Kunin et al., *Loss
#   landscapes of regularized linear autoencoders*, ICML 2019; X. Bao et al., *Regularized linear autoencoders recover the
#   principal components, eventually*, NeurIPS 2020.
#
# **Next:** [Lab 1: the 8-3-8 identity network](../labs/lab1_identity_838.ipynb).
