# ---
# jupyter:
#   course:
#     time_limit_s: 240
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 33: Variational autoencoders, from EM to the ELBO
#
# A decoder that turns random numbers into images is a machine that makes images. To train it, we would like to make
# the images that we have as probable as possible. For a neural decoder nobody can compute that probability. The
# variational autoencoder gets around this with three tricks. Here each is taken alone, in a place where the exact
# answer is known, so that we can see what it does, what it costs, and what happens without it.
#
# **You will** watch the plain way fail and measure how fast, meet the ancestor of the idea (EM), check
# the bound against exact numbers, compare two ways to estimate a gradient, and train one model four times:
# with all tricks, and with each of them taken away.
#
# | | |
# |---|---|
# | Time | about 45 minutes to read; runs in half a minute on two cores |
# | Needs | no network, no GPU, 1.5 GB of memory |
# | Before | [12: PCA is a linear network](12_pca_is_a_linear_network.ipynb), [13: Autoencoders](13_autoencoders.ipynb) |
# | After | [Lab 3: A variational autoencoder with a custom loss](../labs/lab3_vae.ipynb) |
#
# At the end you will have made this figure:
#
# ![Log-likelihood against training steps for one model trained in four ways, with a dotted line at the exact maximum. With all three tricks the curve reaches the line. Without one of them it arrives later, or stays below.](../docs/figures/33_variational_autoencoders.png)

# %%
from utils import runtime

# float32: networks this small gain nothing from lower precision; the exact parts use float64.
settings = runtime.start(seed=0, precision="float32")

# %%
import warnings

import keras
import numpy as np
import tensorflow as tf
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from utils import metrics, plots
from utils.claims import Claims, show_numbers
from utils.data import load_arrays

claims = Claims("33_variational_autoencoders")
rng = np.random.default_rng(settings.seed)

# %% [markdown]
# ### Settings

# %%
# quick: 1,797 digits of 8 x 8 pixels; full: MNIST, 28 x 28.
DATA = settings.choose(quick="digits", full="mnist")
TEST = settings.choose(quick=360, full=2_000)  # images
LATENTS = 10  # as in lecture 12: the eigenvalues number 10 and 11 are well apart in both sets
COUNTS = [1, 2, 5, 10, 20]  # numbers of latents where they are what we vary
PRIOR_DRAWS, IMAGES = settings.choose(quick=(2**16, 100), full=(2**18, 50))  # section 1
GRADIENTS = settings.choose(quick=100_000, full=500_000)  # one-draw estimates, section 5
ENCODER_STEPS = 600  # section 4
STEPS = settings.choose(quick=3_000, full=6_000)
BATCH = 128
LEARNING_RATE = settings.choose(quick=0.02, full=0.005)  # linear model; falls along a cosine
NOISY_RATE = settings.choose(quick=0.01, full=0.0005)  # without the third trick: else it flies off
DEEP_STEPS, DEEP_RATE = settings.choose(quick=(3_000, 0.002), full=(6_000, 0.001))
OWN_STEPS = settings.choose(quick=800, full=1_500)  # for the q of each image, section 7
HIDDEN = settings.choose(quick=[256], full=[512])  # encoder; the decoder mirrors it

# %%
train, test = load_arrays(DATA, "train")["image"], load_arrays(DATA, "test", count=TEST)["image"]
side = train.shape[1]
train, test = train.reshape(len(train), -1), test.reshape(len(test), -1)  # (n, pixels)
pixels = train.shape[1]
print("Training images:", len(train), "- test images:", len(test), "- pixels:", pixels)

# %% [markdown]
# ## 1. A model with a hidden cause, and why its likelihood is hard
#
# **The question.** The story behind an image $x$: first a code is drawn, $z \sim \mathcal{N}(0, I)$, $k$ numbers that
# nobody sees. A decoder with weights $\theta$ turns it into a mean image, and noise is added:
#
# $$p_\theta(x \mid z) = \mathcal{N}\big(x;\; g_\theta(z),\; s^2 I\big), \qquad p_\theta(x) = \int p_\theta(x \mid z)\, p(z)\, dz$$
#
# Drawing from it is easy. Learning by maximum likelihood asks for $\ln p_\theta(x_i)$ of each training image, and
# there is the integral. It is a mean over the prior $p(z)$, so why not draw $z_1, \dots, z_n$ from it and average
# $p_\theta(x \mid z_j)$?
#
# To see how wrong that is, we take the one decoder for which everything is known, the linear one, $g(z) = Wz + b$.
# It is called *probabilistic PCA*. Then $x$ is Gaussian with covariance $WW^\top + s^2 I$. The best $W$ has the
# principal directions as columns, each with the spread $\sqrt{\lambda_j - s^2}$, and $s^2$ is the mean of the
# eigenvalues left out. The *posterior* $p(z \mid x)$, which says what codes may have caused this image, is Gaussian
# too.


# %%
mean_image = train.mean(axis=0, dtype="float64")
training_covariance = np.cov(train.T.astype("float64"), bias=True)
eigenvalues, eigenvectors = np.linalg.eigh(training_covariance)
eigenvalues, eigenvectors = eigenvalues[::-1], eigenvectors[:, ::-1]  # largest first


class LinearGaussian:
    """Probabilistic PCA, fitted exactly (Tipping and Bishop 1999); densities in nats."""

    def __init__(self, latents):
        self.b, self.axes = mean_image, eigenvectors[:, :latents]
        self.s = np.sqrt(eigenvalues[latents:].mean())
        self.W = self.axes * np.sqrt(eigenvalues[:latents] - self.s**2)  # (pixels, latents)

    def posterior(self, images):
        """Means (n, latents) of p(z | x) and their covariance, the same for every image."""
        precision = self.W.T @ self.W / self.s**2 + np.eye(self.W.shape[1])
        covariance = np.linalg.inv(precision)
        return (images - self.b) @ self.W @ covariance / self.s**2, covariance

    def constant(self):
        """The part of ln p(x | z) that depends on s alone."""
        return -len(self.b) * np.log(self.s * np.sqrt(2 * np.pi))

    def given(self, images, z):
        """ln p(x | z) for each code and image, (n, pixels), (m, latents) -> (m, n)."""
        centred = images - self.b
        drawn = np.sum(z @ (self.W.T @ self.W) * z, axis=1)  # squared length of W z
        squares = np.sum(centred**2, axis=1) + drawn[:, None] - 2 * z @ (centred @ self.W).T
        return self.constant() - squares / (2 * self.s**2)


# %%
def log_likelihood(images, W, b, s):
    """Exact ln p(x) of each image under a linear decoder, in nats."""
    inverse = np.linalg.inv(W @ W.T + s**2 * np.eye(len(b)))
    squares = np.sum((images - b) @ inverse * (images - b), axis=1)
    return (np.linalg.slogdet(inverse)[1] - squares - len(b) * np.log(2 * np.pi)) / 2


def kl_gaussians(mean, covariance, other_mean, other_covariance):
    """KL(first || second) in nats for each row of the means (n, k)."""
    inverse = np.linalg.inv(other_covariance)
    step = np.asarray(other_mean - mean)
    far = np.sum(step @ inverse * step, axis=-1)
    logs = np.linalg.slogdet(other_covariance)[1] - np.linalg.slogdet(covariance)[1]
    return (np.trace(inverse @ covariance) - len(inverse) + far + logs) / 2


models = {k: LinearGaussian(k) for k in COUNTS}
exact = {k: log_likelihood(test, m.W, m.b, m.s) for k, m in models.items()}
show_numbers({k: (exact[k].mean(), np.exp(exact[k].mean() / pixels)) for k in COUNTS},
             ["nats per test image", "density per pixel"], first="latents")

# %% [markdown]
# These are densities over pixel values, not probabilities, so they may be above 1 and their logarithms above 0. What
# counts is the difference: 10 nats more mean that the model finds the image $e^{10}$ times as likely.
#
# **The experiment.** We estimate $\ln p(x)$ of test images from $n$ draws of the prior, for $n$ from 1 to many, and
# subtract the estimate from the exact value. All sizes of $n$ come from the same draws: we average neighbours in
# pairs, then pairs of pairs, and so on.


# %%
def shortfalls(model, images):
    """Mean over images of ln p(x) minus its estimate from 1, 2, 4, ... draws of the prior."""
    truth = log_likelihood(images, model.W, model.b, model.s)
    z = rng.normal(size=(PRIOR_DRAWS, model.W.shape[1]))
    logs = model.given(images, z)  # (draws, images)
    missing = [(truth - logs).mean()]
    while len(logs) > 1:
        logs = np.logaddexp(logs[::2], logs[1::2]) - np.log(2)  # means of two, in logarithms
        missing.append((truth - logs).mean())
    return np.array(missing)


def from_prior(mean, covariance):
    """KL(N(mean, covariance) || prior) in nats for each row of the means."""
    return kl_gaussians(mean, covariance, 0, np.eye(len(covariance)))


chosen = test[:IMAGES]
missing = {k: shortfalls(model, chosen) for k, model in models.items()}
draws = 2 ** np.arange(len(missing[1]))
far = {k: from_prior(*model.posterior(chosen)).mean() for k, model in models.items()}

# %%
figure, panels = plots.new_figure(
    1, 2, height=3.4, sharey=True,
    title="The draws needed grow with the exponential of one number, the KL")
for k in COUNTS:
    panels[0].plot(draws, missing[k])
    panels[1].plot(draws / np.exp(far[k]), missing[k], label=f"{k} latent" + "s" * (k > 1))
panels[0].set(xscale="log", yscale="log", ylim=(0.1, 1_000))
panels[1].set(xscale="log", xlim=(1e-12, 1e3))
panels[1].axvline(1, color="black", linewidth=1, linestyle=":")
plots.describe(panels[0], xlabel="draws from the prior, n", ylabel="nats missing from ln p(x)",
               title="the estimate's error")
plots.describe(panels[1], xlabel="n / exp(KL(posterior || prior))", ylabel=" ",
               title="the same, draws counted in exp(KL)")
plots.show(figure, "Left: error of the estimate against the number of draws, a curve for each "
                   "number of latents. With one or two latents it falls to zero at once, with "
                   "twenty it is still large at the last point. Right: the same curves against "
                   "the draws divided by the exponential of the KL divergence: all head for "
                   "the same point near the dotted line at one.")

# %%
show_numbers({k: (far[k], far[k] / np.log(10), missing[k][7], missing[k][-1]) for k in COUNTS},
             ["KL(posterior || prior), nats", "exp(KL), as a power of ten",
              "nats missing at 128 draws", "at all draws"], first="latents")
claims.add("prior draws, 2 latents: nats missing with all draws", missing[2][-1], at_most=0.05,
           unit="nats")
claims.add("prior draws, 20 latents: nats missing with all draws", missing[20][-1], at_least=15,
           unit="nats")
reached = [np.interp(far[k], np.log(draws), missing[k]) for k in (1, 2, 5)]
claims.add("draws = exp(KL): nats missing, the smallest for 1, 2 and 5 latents", min(reached),
           at_least=1)
claims.add("draws = exp(KL): nats missing, the largest for 1, 2 and 5 latents", max(reached),
           at_most=settings.choose(quick=3.5, full=15))

# %% [markdown]
# **The reading.** The estimate of $p(x)$ is right on average, but its logarithm lies low (Jensen's inequality), and
# how low is decided by one number. The codes that explain an image fill about a share $e^{-\mathrm{KL}}$ of the
# prior, with KL the divergence of the posterior $p(z \mid x)$ from the prior. Until a draw lands there, the
# estimate knows nothing about the image. So one needs about $e^{\mathrm{KL}}$ draws (Chatterjee and Diaconis 2018),
# and the KL grows with every latent that says something about the image: that *is* what the latent is for. The
# curves on the right would lie apart if something else decided.
#
# The way out is to draw where the posterior is. For any density $q(z)$ that is nowhere zero,
#
# $$p(x) = \mathbb{E}_{z \sim q}\left[ \frac{p(x \mid z)\, p(z)}{q(z)} \right],$$
#
# and with $q(z) = p(z \mid x)$ the fraction is $p(x)$ for *every* $z$: one draw is enough. How good does $q$ have
# to be?


# %%
def importance_weights(model, images, mean, spread, count):
    """ln of p(x | z) p(z) / q(z) for `count` draws from q = N(mean, spread^2): (count, n)."""
    noise = rng.normal(size=(count, *mean.shape))
    z = mean + spread * noise
    off = images - model.b - z @ model.W.T
    ln_given = model.constant() - np.sum(off**2, axis=-1) / (2 * model.s**2)
    return ln_given + np.sum(noise**2 - z**2, axis=-1) / 2 + np.log(spread).sum()


hardest, truth = models[20], exact[20][:IMAGES]
mean, covariance = hardest.posterior(chosen)
spread = np.sqrt(np.diag(covariance))  # with PCA's axes the posterior's latents are independent
guided = {}
for factor in (1, 1.2, 1.5):
    logs = importance_weights(hardest, chosen, mean, factor * spread, 64)
    guided[factor] = [(truth - logsumexp(logs[:n], axis=0) + np.log(n)).mean()
                      for n in (1, 8, 64)]
show_numbers({f"posterior's spread times {factor}": row for factor, row in guided.items()},
             ["nats missing at 1 draw", "at 8", "at 64"], first="20 latents, draws from")
claims.add("20 latents, one draw from the posterior: largest error over images",
           np.abs(importance_weights(hardest, chosen, mean, spread, 1) - truth).max(),
           at_most=1e-6, unit="nats")
claims.add("20 latents, 64 draws from 1.2 times the posterior's spread: nats missing",
           guided[1.2][2], at_least=-0.15, at_most=0.15, unit="nats")

# %% [markdown]
# Where the prior would need more draws than anybody can make, a roughly right $q$ needs a handful. Everything that
# follows is about getting such a $q$.

# %% [markdown]
# ## 2. The ancestor: EM
#
# **The question.** What does one do when $z$ is hidden and the posterior *can* be computed? For any density $q(z)$
#
# $$\ln p_\theta(x) = \underbrace{\mathbb{E}_{q}\left[\ln \frac{p_\theta(x, z)}{q(z)}\right]}_{\mathcal{L}(\theta, q)} + \underbrace{\mathbb{E}_q\left[\ln \frac{q(z)}{p_\theta(z \mid x)}\right]}_{\mathrm{KL}(q \,\|\, p_\theta(z \mid x)) \;\ge\; 0}$$
#
# because the two fractions multiply to $p_\theta(x)$. $\mathcal{L}$ is a lower bound of the log-likelihood: of the
# *evidence*, as it is called, so it is the *evidence lower bound*, ELBO. EM climbs it in turns: the **E-step** sets
# $q$ to the posterior, which closes the gap and leaves $\theta$ alone; the **M-step** holds $q$ and picks the best
# $\theta$, which lifts the bound.
#
# **The experiment.** A mixture of five Gaussians in the plane of the first two principal components: $z$ is the
# number of the component, expectations over it are sums of five terms, and we keep account at every half-step.

# %%
plane = train[:1500] @ models[2].axes  # (n, 2)
COMPONENTS, ROUNDS = 5, 60


def joint(parameters):
    """ln p(x, z) for each image and component, (n, components)."""
    return np.stack([np.log(share) + multivariate_normal.logpdf(plane, mean, covariance)
                     for share, mean, covariance in zip(*parameters)], axis=1)


def e_step(parameters):
    """q(z) = p(z | x), (n, components)."""
    ln_joint = joint(parameters)
    return np.exp(ln_joint - logsumexp(ln_joint, axis=1, keepdims=True))


def m_step(q):
    """The best shares, means and covariances for this q."""
    means = q.T @ plane / q.sum(axis=0)[:, None]
    covariances = [np.cov(plane.T, aweights=weights, bias=True) for weights in q.T]
    return q.mean(axis=0), means, np.array(covariances)


# %%
def account(parameters, q):
    """Means over images of ln p(x), the bound L and KL(q || posterior), in nats."""
    ln_joint = joint(parameters)
    evidence = logsumexp(ln_joint, axis=1)
    ln_q = np.log(np.maximum(q, 1e-300))  # 0 ln 0 is 0
    bound = np.sum(q * (ln_joint - ln_q), axis=1)
    gap = np.sum(q * (ln_q - (ln_joint - evidence[:, None])), axis=1)
    return evidence.mean(), bound.mean(), gap.mean()


shares = np.full(COMPONENTS, 1 / COMPONENTS)
means = plane[rng.choice(len(plane), COMPONENTS, replace=False)]
start = shares, means, np.array([np.cov(plane.T)] * COMPONENTS)
parameters, q = start, np.full((len(plane), COMPONENTS), 1 / COMPONENTS)
history = [account(parameters, q)]
for _ in range(ROUNDS):
    q = e_step(parameters)
    history.append(account(parameters, q))
    parameters = m_step(q)
    history.append(account(parameters, q))
evidence, bound, gap = np.array(history).T

# %%
figure, panels = plots.new_figure(
    1, 2, height=3.4, title="E closes the gap, M lifts the bound, and the likelihood never falls")
shown = np.arange(3, 15)
panels[0].fill_between(shown, bound[shown], evidence[shown], color="#dddddd", label="gap (KL)")
plots.curves(panels[0], shown, {"ln p(x)": evidence[shown], "bound": bound[shown]}, points=True,
             title="bound and likelihood", xlabel="half-step (odd: E, even: M)", ylabel="nats per image")
panels[0].legend(frameon=False, fontsize=8, loc="lower right")
panels[0].set_xticks(shown)
panels[1].scatter(*plane.T, s=4, color=plots.PALETTE[5])
around = np.linspace(0, 2 * np.pi, 100)
circle = 2 * np.stack([np.cos(around), np.sin(around)])  # two spreads
for mean, covariance in zip(parameters[1], parameters[2]):
    ellipse = mean[:, None] + np.linalg.cholesky(covariance) @ circle
    panels[1].plot(*ellipse, color=plots.PALETTE[1])
plots.describe(panels[1], xlabel="first principal component", ylabel="second",
               title="the mixture at the end (two spreads)")
plots.show(figure, "Left: log-likelihood and bound over twelve half-steps. They touch at every "
                   "odd one; at every even one both are higher and a gap is open between them. "
                   "Right: points of a plane with five ellipses over their densest parts.")

# %%
claims.add("EM: largest difference of L + KL from ln p(x) at all half-steps",
           np.abs(bound + gap - evidence).max(), at_most=1e-9, unit="nats")
claims.add("EM: largest gap after an E-step", np.abs(gap[1::2]).max(), at_most=1e-9,
           unit="nats")
claims.add("EM: largest gap after an M-step", gap[2::2].max(), at_least=0.005, unit="nats")
claims.add("EM: smallest step of the log-likelihood (below 0 would be a fall)",
           np.diff(evidence).min(), at_least=-1e-9, unit="nats")
claims.add("EM: the log-likelihood's gain over all rounds", evidence[-1] - evidence[0],
           at_least=0.3, unit="nats")
reference = GaussianMixture(
    COMPONENTS, max_iter=ROUNDS, tol=0, reg_covar=0, init_params="random",
    weights_init=start[0], means_init=start[1], precisions_init=np.linalg.inv(start[2]))
with warnings.catch_warnings(action="ignore"):  # it would rather run until nothing moves
    reference.fit(plane)
claims.add("EM: difference from scikit-learn's log-likelihood after as many rounds",
           abs(reference.score(plane) - evidence[-1]), at_most=1e-6, unit="nats")

# %% [markdown]
# **The reading.** A single falling step, or a gap after an E-step, would have refuted the identity. EM needs two
# things: the posterior, for its E-step, and a best $\theta$ in closed form, for its M-step. A neural decoder has
# neither. The identity doesn't need them: it holds for *any* $q$.

# %% [markdown]
# ## 3. The first trick: climb the bound with a $q$ that you can afford
#
# **The question.** Choose $q(z \mid x)$ from a family that is easy, here Gaussians with independent latents. What is
# lost? Write $p(x, z) = p(x \mid z)\,p(z)$ and the bound gets the form in which it is used:
#
# $$\mathcal{L}(\theta, q) = \mathbb{E}_{q(z \mid x)}\big[\ln p_\theta(x \mid z)\big] \;-\; \mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big)$$
#
# It reads as a wish with two parts: *consistency*, codes drawn from $q$ should lead back to the image, and
# *modesty*, $q$ shouldn't go further from the prior than the image is worth. In the linear model both are exact.
# With the noise averaged out, the mean squared error is that of the mean code plus what the spread of $q$ adds.


# %%
def consistency(model, images, mean, covariance):
    """E_q[ln p(x | z)] in nats for q = N(mean, covariance), exact: (n, pixels) -> (n,)."""
    off = images - model.b - mean @ model.W.T
    squares = np.sum(off**2, axis=-1) + np.trace(model.W.T @ model.W @ covariance)
    return model.constant() - squares / (2 * model.s**2)


model = models[LATENTS]
truth = exact[LATENTS]
posterior_mean, posterior_covariance = model.posterior(test)
differences = []
for _ in range(100):  # any q: means and spreads drawn at random around the posterior's
    mean = posterior_mean + 0.5 * rng.normal(size=posterior_mean.shape)
    covariance = np.diag(np.exp(rng.normal(size=LATENTS)) * np.diag(posterior_covariance))
    elbo = consistency(model, test, mean, covariance) - from_prior(mean, covariance)
    gap = kl_gaussians(mean, covariance, posterior_mean, posterior_covariance)
    differences.append(np.abs(truth - elbo - gap).max())
claims.add("ELBO + KL(q || posterior): largest difference from ln p(x), 100 q for each image",
           max(differences), at_most=1e-6, unit="nats")

# %% [markdown]
# So what is lost is exactly $\mathrm{KL}(q \,\|\, p(z \mid x))$, in this order of the two. For the best $q$ it is 0 where the
# family holds the posterior.
#
# **What the family costs.** Turn the latents of the decoder, $W \to WR$ with a rotation $R$: $WW^\top$ stays the
# same, and so does $p(x)$ of every image. But now the posterior's latents depend on each other, and no $q$ with
# independent latents fits. The best one has the posterior's *precisions* (the diagonal of the inverse covariance).

# %%
def best_independent(covariance):
    """KL in nats of the best q with independent latents from a posterior with this covariance."""
    best = np.diag(1 / np.diag(np.linalg.inv(covariance)))
    return kl_gaussians(np.zeros((1, LATENTS)), best, 0, covariance)[0]


rotations = [np.linalg.qr(rng.normal(size=(LATENTS, LATENTS)))[0] for _ in range(200)]
turned = [best_independent(R.T @ posterior_covariance @ R) for R in rotations]  # after W -> W R
claims.add("independent latents, PCA's axes: what the best q loses",
           abs(best_independent(posterior_covariance)), at_most=1e-9, unit="nats")
claims.add("independent latents, turned axes: what the best q loses, least of 200",
           min(turned), at_least=0.25, unit="nats")

# %% [markdown]
# In lecture 12 no run found the axes of PCA, because the error didn't care. The likelihood doesn't care either; the
# ELBO with independent latents does. It prefers PCA's axes by a small margin (Lucas et al. 2019).
#
# **An erratum.** One of the lectures that this course follows prints the objective as
# $\mathbb{E}_q[\ln p(x \mid z)]$ **plus** $\mathrm{KL}(q \| p(z))$, on several slides. Is a sign that bad? Two
# experiments. Left, one image, one latent and a fixed decoder: only the spread of $q$ changes. Right, ten latents:
# the code is stretched by a factor $c$ and the decoder's weights divided by it, $W/c$, so that the first term stays
# exactly as it is.

# %%
simple, image = models[1], test[:1]
simple_mean, simple_covariance = simple.posterior(image)
factors = np.geomspace(1e-4, 2, 100)  # of the posterior's spread
narrow = [simple_covariance * factor**2 for factor in factors]
first = np.array([consistency(simple, image, simple_mean, each)[0] for each in narrow])
second = np.array([from_prior(simple_mean, each)[0] for each in narrow])
left = {"exact ln p(x)": np.full(100, exact[1][0]), "- KL: the ELBO": first - second,
        "+ KL": first + second}

stretches = np.geomspace(0.25, 16, 60)
first = consistency(model, test, posterior_mean, posterior_covariance).mean()
second = np.array([from_prior(c * posterior_mean, c**2 * posterior_covariance).mean()
                   for c in stretches])
stretched = [log_likelihood(test, model.W / c, model.b, model.s).mean() for c in stretches]
right = {"exact ln p(x)": np.array(stretched), "- KL: the ELBO": first - second,
         "+ KL": first + second}

# %%
figure, panels = plots.new_figure(
    1, 2, height=3.3, title="With + KL nothing is bounded: it rewards a code that flees the prior")
plots.curves(panels[0], factors, left, log="x", title="one image, fixed decoder", ylabel="nats",
             xlabel="spread of q over the posterior's")
panels[0].legend().remove()
plots.curves(panels[1], stretches, right, log="x", title="code and decoder together",
             xlabel="code times c, decoder's weights over c", ylabel="nats per test image")
panels[1].set_ylim(-150, 100)
plots.show(figure, "Two panels with three curves each. Left, against the spread of q: the ELBO "
                   "touches the exact value where the spread is the posterior's and falls on "
                   "both sides; the curve with plus KL lies above the exact value and rises "
                   "without end as the spread shrinks. Right, against the stretch of the code: "
                   "the exact value and the ELBO are highest near one, the curve with plus KL "
                   "climbs steeply while the exact value falls.")

# %%
above = [panel["- KL: the ELBO"] - panel["exact ln p(x)"] for panel in (left, right)]
claims.add("right sign: ELBO above exact ln p(x), the most over all spreads and stretches",
           max(each.max() for each in above), at_most=1e-9, unit="nats")
claims.add("right sign: best stretch of the code on test images",
           stretches[np.argmax(right["- KL: the ELBO"])], at_least=0.9, at_most=1.15)
claims.add("wrong sign: its value above exact ln p(x) at the largest stretch",
           right["+ KL"][-1] - stretched[-1], at_least=500, unit="nats")
claims.add("wrong sign: exact ln p(x) lost from its best stretch to the largest",
           max(stretched) - stretched[-1], at_least=20, unit="nats")

# %% [markdown]
# **The reading.** With the minus sign the three curves keep their order everywhere and the ELBO touches the truth
# where $q$ is the posterior. With the plus sign there is no bound and no maximum: a spread of 0 makes the left
# curve infinite, a stretch without end the right one, and the model that wins makes the images *less* likely. It is
# the plain autoencoder's problem of lecture 13 with a reward for it. The KL is subtracted.

# %% [markdown]
# ## 4. The second trick: one network instead of one $q$ for each image
#
# **The question.** Every image needs a $q$ of its own, that is, a mean and a spread for each latent. They could be
# found by climbing $\mathcal{L}$ for each image anew. Or one network, the *encoder* $q_\phi(z \mid x)$ with weights
# $\phi$, learns to give them at sight. What does each way cost, and what does the shortcut lose?
#
# **The experiment.** The decoder is fixed (10 latents) and the gradient of $\mathcal{L}$ exact. The spreads are the
# same for every image here and get their best value at once, so only the means are sought. Both ways climb from the
# prior's mean, 0: for each test image its own means, or the weights of a linear layer on random training images. We
# count gradients, each of one image's ELBO, and measure the gap to $\ln p(x)$ on the test images.

# %%
precisions = np.diag(np.linalg.inv(posterior_covariance))  # (latents,)


def pull(images, mean):
    """Gradient of each image's ELBO by the mean of its q, (n, latents)."""
    return (images - model.b - mean @ model.W.T) @ model.W / model.s**2 - mean


def gap_of(mean):
    """Mean over test images of ln p(x) - ELBO, in nats."""
    return kl_gaussians(mean, posterior_covariance, posterior_mean, posterior_covariance).mean()


own_mean, own_gaps = np.zeros_like(posterior_mean), []
for _ in range(60):
    own_gaps.append(gap_of(own_mean))
    own_mean += pull(test, own_mean) / precisions.max()  # the longest step that is safe for all

# %%
weights, encoder_gaps, centred_test = np.zeros((pixels, LATENTS)), [], test - model.b
safe = precisions.max() * np.square(train - model.b).sum(axis=1).mean() / 4
for _ in range(ENCODER_STEPS):
    encoder_gaps.append(gap_of(centred_test @ weights))
    batch = train[rng.choice(len(train), BATCH)]
    inputs = batch - model.b
    weights += inputs.T @ pull(batch, inputs @ weights) / BATCH / safe  # by the chain rule

# %%
own_steps = np.argmax(np.array(own_gaps) < 0.01)  # the first step with less than 0.01 nats
encoder_steps = np.argmax(np.array(encoder_gaps) < 0.01)
figure, ax = plots.new_figure(
    title="An encoder is paid for once; a q for each image, every time", height=3)
ax.plot(np.arange(1, ENCODER_STEPS) * BATCH, encoder_gaps[1:], label="encoder, for any number")
for count in (100, 10_000):
    ax.plot(np.arange(1, 60) * count, own_gaps[1:], label=f"a q for each of {count:,} images")
ax.axhline(0.01, color="black", linewidth=1, linestyle=":")
ax.set(xscale="log", yscale="log", ylim=(1e-4, 200))
plots.describe(ax, xlabel="gradients of one image's ELBO, in total",
               ylabel="gap on new images, nats")
plots.show(figure, "Gap in nats against the number of gradients, both logarithmic. Two equal "
                   "curves for a q for each image, that of ten thousand images further right "
                   "than that of a hundred. The encoder's curve falls between them.")
show_numbers({"a q for each image": (own_steps, 0), "encoder": (0, encoder_steps * BATCH)},
             ["gradients for each new image", "gradients before the first"],
             first="to come within 0.01 nats")
claims.add("new images from which on the encoder is cheaper (both to 0.01 nats)",
           encoder_steps * BATCH / own_steps, at_least=500, at_most=2_500)
claims.add("encoder: gap on test images after its training", encoder_gaps[-1], at_most=0.005,
           unit="nats")

# %% [markdown]
# **The reading.** New images cost the encoder no gradient at all, one pass through a layer each. During training of
# a decoder the difference is larger still: the decoder moves with every step, so each $q$ has to be found again and
# again, while the encoder only follows.
#
# It loses nothing here because the exact posterior's mean is linear in $x$, and so is the layer. What if the
# encoder is too weak? Here are the best linear encoders that see no pixel (one $q$ for all images), the left half,
# or everything.

# %%
def best_encoder_gap(seen):
    """Test gap of the best linear encoder that sees these pixels, in nats."""
    inputs, unseen = train[:, seen] - model.b[seen], test[:, seen] - model.b[seen]
    best = np.linalg.lstsq(inputs, model.posterior(train)[0], rcond=None)[0]
    return gap_of(unseen @ best)


column = np.arange(pixels) % side
sights = {"no pixel": column < 0, "left half": column < side // 2, "all pixels": column >= 0}
gaps = {name: best_encoder_gap(seen) for name, seen in sights.items()}
show_numbers({name: (gap, truth.mean() - gap) for name, gap in gaps.items()},
             ["gap, nats", "ELBO, nats per test image"], first="encoder sees")
claims.add("encoder of the left half: gap over that of one q for all images",
           gaps["left half"] / gaps["no pixel"], at_least=0.1, at_most=0.45)

# %% [markdown]
# The bound stays a bound for each of them, it only gets worse. What an encoder loses against the best $q$ of its
# family is called the *amortization gap*. Section 7 measures it where nothing is known exactly.
#
# Image to encoder to code to decoder to image: nobody planned it, but this looks like an autoencoder. That is where
# the name comes from.

# %% [markdown]
# ## 5. The third trick: a gradient through a random draw
#
# **The question.** With a neural decoder $\mathbb{E}_{q}[\ln p_\theta(x \mid z)]$ can only be estimated, from draws
# of $z$. For the decoder's weights that is easy: the gradient may go inside the expectation. For $\phi$ it may not,
# because $\phi$ decides where the draws fall:
#
# $$\nabla_\phi\, \mathbb{E}_{z \sim q_\phi}[f(z)] = \nabla_\phi \int f(z)\, q_\phi(z)\, dz$$
#
# | | estimate from one draw | idea |
# |---|---|---|
# | draws held fixed | $-\nabla_\phi \ln q_\phi(z)$, the draw $z$ a constant | ignore the problem: of $\ln p(x, z) - \ln q_\phi(z)$ only this depends on $\phi$ |
# | score function | $f(z)\, \nabla_\phi \ln q_\phi(z)$ | $\nabla q = q \nabla \ln q$; make draws with high $f$ likelier |
# | with a baseline | $(f(z) - c)\, \nabla_\phi \ln q_\phi(z)$ | the same mean for any constant $c$, as $\mathbb{E}[\nabla \ln q] = 0$ |
# | reparameterization | $\nabla_\phi f(\mu + \sigma \epsilon)$, $\epsilon \sim \mathcal{N}(0, I)$ | the randomness has no $\phi$ in it; move the draw itself |
#
# **The experiment.** $f(z) = \ln p(x \mid z)$ of the linear model, one test image, and the gradient by the 10 means
# and 10 spreads of $q$. It is known exactly. We take $q = \mathcal{N}(0, I)$, about where encoders begin, and draw
# many times.


# %%
def slope_of(model, image, z):
    """Gradient of ln p(x | z) by z."""
    return ((image - model.b) @ model.W - z @ (model.W.T @ model.W)) / model.s**2


def estimates(model, image, mean, spread, count):
    """One-draw estimates of the gradient of E_q[ln p(x | z)] by (mean, spread): (count, 2k)."""
    noise = rng.normal(size=(count, len(mean)))
    z = mean + spread * noise
    f = model.given(image, z)  # (count, 1)
    slope = slope_of(model, image, z)
    score = np.concatenate([noise, noise**2 - 1], axis=1) / np.tile(spread, 2)  # of ln q
    return {
        "draws held fixed": -score,  # what is left of ln p(x, z) - ln q(z) when z is a number
        "score function": f * score,
        "score function, baseline": (f - f.mean()) * score,
        "reparameterization": np.concatenate([slope, slope * noise], axis=1),
    }


def exact_gradient(model, image, mean, spread):
    slope = slope_of(model, image, mean)
    return np.concatenate([slope.ravel(), -spread * np.sum(model.W**2, axis=0) / model.s**2])


# %%
begin = np.zeros(LATENTS), np.ones(LATENTS)
true_gradient = exact_gradient(model, test[:1], *begin)
found = estimates(model, test[:1], *begin, GRADIENTS)
errors = {name: each.std(axis=0) / np.sqrt(GRADIENTS) for name, each in found.items()}
worst = {name: np.abs((each.mean(axis=0) - true_gradient) / errors[name]).max()
         for name, each in found.items()}
chosen = np.argmax(np.abs(true_gradient[:LATENTS]))
rows = {name: (each[:, chosen].mean(), each[:, chosen].std()) for name, each in found.items()}
show_numbers({"exact": (true_gradient[chosen], 0)} | rows,
             ["mean", "standard deviation of one estimate"], first="gradient by one of the means")
claims.add("draws held fixed: largest distance of the mean from the exact gradient",
           worst.pop("draws held fixed"), at_least=100, unit="standard errors")
for name, value in worst.items():
    claims.add(f"{name}: largest distance of the mean from the exact gradient",
               value, at_most=5, unit="standard errors")

# %% [markdown]
# Held fixed, the draws tell nothing: once $z$ is a number, $\phi$ is left in $-\ln q_\phi(z)$ only, whose gradient
# is 0 on average, whatever the image (here at the prior the KL's own gradient is 0, so all rows should show one
# number). An encoder trained so would never look at its images. The other three agree with the exact gradient, and
# their spreads are worlds apart.

# %%
figure, panels = plots.new_figure(
    1, 3, height=3, sharey=True, title="The same mean, three very different noises")
for ax, (name, each) in zip(panels, list(found.items())[1:]):
    values = each[:2000, chosen]
    ax.scatter(np.linspace(0, 1, 2000), values, s=3, color=plots.PALETTE[5])
    ax.axhline(true_gradient[chosen], color=plots.PALETTE[1], label="exact")
    ax.set_yscale("symlog", linthresh=100)
    ax.set_xticks([])
    plots.describe(ax, xlabel="2,000 estimates side by side", title=name,
                   ylabel="gradient by one mean" if ax is panels[0] else " ")
plots.show(figure, "Three clouds of two thousand estimates each, with a line at the exact "
                   "gradient. The score function's cloud is by far the widest, the one with a "
                   "baseline less so, and reparameterization's lies near the line.")

# %% [markdown]
# **How much, and when?** The ratio of the variances, summed over all components, for models with 1 to 20 latents:
# at the prior, about where training begins, and at the posterior, where it ends. Mean over ten test images.


# %%
def variance_ratios(model, mean, spread, images):
    """Variance of both score-function estimates over reparameterization's, mean over images."""
    ratios = []
    for row, image in enumerate(images):
        each = estimates(model, image[None], mean[row], spread, GRADIENTS // 10)
        total = {name: values.var(axis=0).sum() for name, values in each.items()}
        noisy = total["score function"], total["score function, baseline"]
        ratios.append(np.array(noisy) / total["reparameterization"])
    return np.mean(ratios, axis=0)


ratios = {}
for k, m in models.items():
    mean, covariance = m.posterior(test[:10])
    ratios[k] = [*variance_ratios(m, 0 * mean, np.ones(k), test[:10]),
                 *variance_ratios(m, mean, np.sqrt(np.diag(covariance)), test[:10])]
table = np.array(list(ratios.values()))

# %%
figure, ax = plots.new_figure(
    height=3, title="The score function's variance is larger, and grows with the latents")
names = ["at the prior", "at the prior, baseline", "at the posterior", "at the posterior, baseline"]
plots.curves(ax, COUNTS, dict(zip(names, table.T)), points=True, log="xy", xlabel="latents",
             ylabel="ratio of the variances")
ax.set_xticks(COUNTS, COUNTS)
ax.minorticks_off()
plots.show(figure, "Variance ratio against the number of latents, both logarithmic: four "
                   "rising curves, all above one. Without a baseline they lie higher than with "
                   "it.")
show_numbers(ratios, names, first="latents")
text = "variance of the score function with baseline over reparameterization's, 20 latents"
claims.add(f"{text}, at the prior", ratios[20][1], at_least=20)
claims.add(f"{text}, at the posterior", ratios[20][3], at_least=11)
claims.add("the same ratio at the posterior: 20 latents over 1",
           ratios[20][3] / ratios[1][3], at_least=1.8)

# %% [markdown]
# **The reading.** The score function knows of each draw only one number, how good it was. With $k$ latents it has
# to find out which of them was to blame, and that gets harder with every latent. Reparameterization asks the
# decoder for the slope at the draw, and so it needs an $f$ that can be differentiated and draws that can be written
# as a smooth function of noise. Where $z$ is discrete, neither is there, and the score function is what one has to
# work with.
#
# **Draw the KL or compute it?** The second term of the bound, $\mathrm{KL}(q \| p(z))$, has a closed form for
# Gaussians, so only the first has to be drawn. Does that pay? We compare, at the prior, half-way and at the
# posterior.


# %%
def both_ways(mean, spread):
    """Spreads of one-draw ELBOs, KL computed and drawn; ratio of their gradients' variances."""
    noise = rng.normal(size=(GRADIENTS // 10, LATENTS))
    z = mean + spread * noise
    f = model.given(test[:1], z)[:, 0]
    drawn = f + np.sum(noise**2 - z**2, axis=1) / 2  # but for a constant
    slope = slope_of(model, test[:1], z)
    variances = [np.concatenate([each, each * noise], axis=1).var(axis=0).sum()
                 for each in (slope, slope - z)]  # the rest of the KL's gradient is no noise
    return f.std(), drawn.std(), variances[1] / variances[0]


end = posterior_mean[0], np.sqrt(np.diag(posterior_covariance))
places = {"at the prior": 0, "half-way": 0.5, "at the posterior": 1}
compared = {name: both_ways(share * end[0], end[1] ** share) for name, share in places.items()}
show_numbers(compared, ["spread of the ELBO in nats, KL computed", "KL drawn",
                        "variance of the gradient, drawn over computed"])
claims.add("KL drawn over KL computed: variance of the gradient, the least of three places",
           min(row[2] for row in compared.values()), at_least=1.005)
claims.add("at the posterior, KL drawn: spread of the ELBO over draws",
           compared["at the posterior"][1], at_most=1e-6, unit="nats")
claims.add("at the posterior, KL computed: spread of the ELBO over draws",
           compared["at the posterior"][0], at_least=1, unit="nats")

# %% [markdown]
# For the gradient it pays, a little: one source of noise less. For the *value* it is the other way round near the
# posterior, which is worth knowing when you compare ELBOs: there $\ln p(x, z) - \ln q(z)$ is $\ln p(x)$ for every
# draw, and computing one half of it spoils the cancellation.

# %% [markdown]
# ## 6. All three together, and each taken away
#
# **The question.** Now everything is trained at once, decoder, noise $s$ and encoder, by gradient ascent on the
# ELBO. The decoder is linear once more, because then we know where the end is: no setting of $W$, $b$, $s$ gives
# the training images a higher likelihood than the exact one of section 1. Do we get there? And without one of the
# tricks?
#
# **The experiment.** Four runs, the same images in the same order, the same number of steps. A batch has 128 images
# and each run may decode 128 codes a step. The score function gets a smaller learning rate than the others: at
# theirs its noise throws some seeds far off.


# %%
class Machine:
    """An encoder to means and log spreads of q, a decoder to mean images, the log of s.

    `tables` take the encoder's place: means and log spreads of a q for each training image.
    """

    def __init__(self, hidden=()):
        def stack(inputs, units, outputs):
            layers = [keras.layers.Dense(each, "relu") for each in units]
            layers.append(keras.layers.Dense(outputs))
            return keras.Sequential([keras.Input((inputs,)), *layers])
        self.encoder = stack(pixels, hidden, 2 * LATENTS)
        self.decoder = stack(LATENTS, hidden[::-1], pixels)
        self.log_s = tf.Variable(0.0)
        self.theta = [self.log_s, *self.decoder.trainable_variables]
        self.phi = self.encoder.trainable_variables
        self.tables = [tf.Variable(tf.zeros((len(train), LATENTS))) for _ in range(2)]

    def q(self, images):
        """Means and log spreads of q(z | x), each (n, latents)."""
        return tf.split(self.encoder(images), 2, axis=1)


# %%
def ln_normal(values, mean, log_spread):
    """ln of the density of independent Gaussians, summed over the last axis, in nats."""
    away = (values - mean) / tf.exp(log_spread)
    return tf.reduce_sum(-tf.square(away) / 2 - log_spread - np.log(2 * np.pi) / 2, axis=-1)


def ln_joint(machine, images, z):
    """ln p(x | z) + ln p(z), (n,)."""
    return ln_normal(images, machine.decoder(z), machine.log_s) + ln_normal(z, 0.0, 0.0)


def all_three(machine, images, rows, noise):
    mean, log_spread = machine.q(images)
    z = mean + tf.exp(log_spread) * noise  # the third trick is this line
    return ln_joint(machine, images, z) - ln_normal(z, mean, log_spread)


def without_third(machine, images, rows, noise):
    """The score function, with the batch's mean as its baseline."""
    mean, log_spread = machine.q(images)
    z = tf.stop_gradient(mean + tf.exp(log_spread) * noise)
    joint, ln_q = ln_joint(machine, images, z), ln_normal(z, mean, log_spread)
    value = tf.stop_gradient(joint - ln_q)
    return joint + (value - tf.reduce_mean(value)) * ln_q  # right in its gradient only


# %%
def without_second(machine, images, rows, noise):
    """A q of its own for each training image, kept in a table."""
    mean, log_spread = (tf.gather(table, rows) for table in machine.tables)
    z = mean + tf.exp(log_spread) * noise
    return ln_joint(machine, images, z) - ln_normal(z, mean, log_spread)


def without_first(machine, images, rows, noise):
    """The likelihood itself, estimated from draws of the prior that the whole batch shares."""
    drawn = machine.decoder(noise)  # (draws, pixels)
    squares = (tf.reduce_sum(images**2, axis=1)[:, None] + tf.reduce_sum(drawn**2, axis=1)
               - 2 * images @ tf.transpose(drawn))  # (images, draws)
    constant = -pixels * (machine.log_s + np.log(2 * np.pi) / 2)
    ln_given = constant - squares / 2 * tf.exp(-2 * machine.log_s)
    return tf.reduce_logsumexp(ln_given, axis=1) - np.log(len(noise))


# %%
def climb(objective, machine, weights, images, steps, rate, measure=None, stretches=40):
    """Adam, uphill on the objective's mean over random batches; `measure` it after stretches."""
    images, weights = tf.constant(images), list(weights)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps))
    optimizer.build(weights)

    @tf.function
    def stretch(first):
        for step in tf.range(first, first + steps // stretches):
            seeds = tf.stack([settings.seed, 2 * step]), tf.stack([settings.seed, 2 * step + 1])
            rows = tf.random.stateless_uniform((BATCH,), seeds[0], 0, len(images), tf.int32)
            noise = tf.random.stateless_normal((BATCH, LATENTS), seeds[1])
            with tf.GradientTape() as tape:
                loss = -tf.reduce_mean(objective(machine, tf.gather(images, rows), rows, noise))
            gradients = tape.gradient(loss, weights)  # a table's is sparse
            optimizer.apply([tf.convert_to_tensor(each) for each in gradients], weights)

    history = []
    for first in range(0, steps, steps // stretches):
        stretch(tf.constant(first))
        history.append(measure(machine) if measure else None)
    return history


# %%
def linear_decoder(machine):
    """W (pixels, latents), b and s of a machine whose decoder is one layer."""
    kernel, bias = machine.decoder.get_weights()
    return kernel.T.astype("float64"), bias, np.exp(machine.log_s.numpy())


def mean_likelihood(W, b, s):
    """Mean of ln p(x) over all training images, which needs no more than their covariance."""
    inverse = np.linalg.inv(W @ W.T + s**2 * np.eye(pixels))
    off = mean_image - b
    squares = np.sum(inverse * training_covariance) + off @ inverse @ off
    return (np.linalg.slogdet(inverse)[1] - squares - pixels * np.log(2 * np.pi)) / 2


highest = mean_likelihood(model.W, model.b, model.s)

# %%
RUNS = {"all three tricks": all_three, "without the third: score function": without_third,
        "without the second: a q for each image": without_second,
        "without the first: draws from the prior": without_first}
machines, climbs = {}, {}
for name, objective in RUNS.items():
    keras.utils.set_random_seed(settings.seed)  # the same start for all
    machine = machines[name] = Machine()
    phi = {without_first: [], without_second: machine.tables}.get(objective, machine.phi)
    rate = NOISY_RATE if objective is without_third else LEARNING_RATE
    climbs[name] = climb(objective, machine, machine.theta + phi, train, STEPS, rate,
                         lambda trained: mean_likelihood(*linear_decoder(trained)))

# %% tags=["cover"]
figure, ax = plots.new_figure(
    height=3.6, title="All three tricks reach the maximum; with one less it comes later or not at all")
plots.curves(ax, np.arange(1, 41) * STEPS // 40, climbs, xlabel="step",
             ylabel="exact ln p(x), nats per image")
ax.axhline(highest, color="black", linewidth=1, linestyle=":", label="the highest there is")
room = settings.choose(quick=10, full=350)
ax.set_ylim(highest - room, highest + room / 10)
ax.legend(frameon=False, fontsize=8, loc="lower right")
plots.show(figure, "Exact log-likelihood of the training images against steps, with a dotted "
                   "line at the highest possible value. With all three tricks the curve "
                   "reaches the line. With one of them left out it comes later or stays below.")

# %%
reached, learned, tenth = {}, {}, len(climbs["all three tricks"]) // 10
for name, machine in machines.items():
    W, b, s = linear_decoder(machine)
    reached[name] = (highest - climbs[name][tenth - 1], highest - climbs[name][-1],
                     log_likelihood(test, W, b, s).mean())
    covariance = np.linalg.inv(W.T @ W / s**2 + np.eye(LATENTS))
    far_from = from_prior((train - b) @ W @ covariance / s**2, covariance).mean()
    cosines = np.abs(model.axes.T @ (W / np.linalg.norm(W, axis=0))).max(axis=1)
    learned[name] = far_from, metrics.principal_angles(W, model.axes).max(), cosines.mean()
show_numbers(reached, ["nats below the maximum after a tenth of the steps", "at the end",
                       "ln p(x) of test images"], first="run")
show_numbers(learned, ["KL(posterior || prior), nats", "largest angle to PCA's space, degrees",
                       "mean best cosine with PCA's axes"], first="run")

# %%
full, third, second, first = RUNS
claims.add("all three tricks: exact ln p(x) of training images, below its maximum",
           reached[full][1], at_least=0, at_most=settings.choose(quick=0.1, full=0.5),
           unit="nats")
claims.add("all three tricks: largest principal angle to PCA's subspace", learned[full][1],
           at_most=8, unit="degrees")
claims.add("score function instead of the third: ln p(x) below its maximum", reached[third][1],
           at_least=0.35, unit="nats")
claims.add("a q for each image instead of the second: nats behind after a tenth of the steps",
           reached[second][0] - reached[full][0], at_least=4, unit="nats")
claims.add("draws from the prior instead of the first: ln p(x) below its maximum",
           reached[first][1], at_least=4, unit="nats")

# %% [markdown]
# **The reading.** With all three the climb ends at the exact maximum, in PCA's space. A maximum of the *bound* need
# not be one of the likelihood; here it is, because the family of $q$ holds the posterior of a decoder with PCA's
# axes, so the bound is tight there. Had the curve crossed the dotted line, one of the formulas would be wrong.
# - **Without the third** the same gradient arrives with more noise, and smaller steps have to average it out. With 64
#   pixels that costs a part of the way. With the 784 of the full profile $f$ is a larger number, so is its noise, and the
#   run is still far away when it ends.
# - **Without the second** each $q$ is visited once in a while and lags behind its decoder: eleven batches pass between
#   two visits with 1,437 images, hundreds with the 60,000 of the full profile. With few images it gets there, later; with
#   many it is far from done. And a table has nothing to say about a new image.
# - **Without the first** 128 draws have to do for a model that would need $e^{\mathrm{KL}}$ to be judged. The estimate lies
#   low, and lowest where the codes explain the images best. So its climb has another summit, with a poorer decoder.
#
# One more thing stands in the table. In lecture 12 the columns of the trained decoder were mixtures of PCA's axes, and
# stayed so. With all three tricks they begin to lean towards the axes, as section 3 foretold. But the pull is weak
# beside the noise, and where two eigenvalues are close there is next to none: a run of this length sees the
# beginning.

# %% [markdown]
# ## 7. A decoder that bends
#
# **The question.** Nothing in `all_three` asks for a linear decoder. With hidden layers on both sides nothing is
# known any more: no $p(x)$, no posterior. What do the hidden layers gain, in nats on images never seen, and how
# would we know?
#
# **The experiment.** The same objective, the same number of latents. The ELBO on test images is a lower bound, so
# what it gains over the *exact* value of the linear model is a true gain. Then two bounds that are tighter: a $q$
# found for each image by itself, the decoder fixed, as in section 4; and from these $q$ the mean of many weights
# before the logarithm, as in section 1.

# %%
keras.utils.set_random_seed(settings.seed)
deep = Machine(HIDDEN)
climb(all_three, deep, deep.theta + deep.phi, train, DEEP_STEPS, DEEP_RATE)


@tf.function
def ln_weight(images, mean, log_spread, draw):
    """ln p(x, z) - ln q(z) for a draw from each q, (n,), in nats."""
    noise = tf.random.stateless_normal(mean.shape, tf.stack([settings.seed, draw]))
    z = mean + tf.exp(log_spread) * noise
    return ln_joint(deep, images, z) - ln_normal(z, mean, log_spread)


def ln_weights(images, mean, log_spread, draws=500):
    """The same for many draws, (draws, n)."""
    return np.stack([ln_weight(images, mean, log_spread, draw) for draw in tf.range(draws)])


# %%
bounds = {}
for name, images in {"training images": train[:1000], "test images": test[:1000]}.items():
    encoded = ln_weights(images, *deep.q(images))
    deep.tables = [tf.Variable(each) for each in deep.q(images)]  # as the encoder says
    climb(without_second, deep, deep.tables, images, OWN_STEPS, 0.02)
    own = ln_weights(images, *deep.tables)
    linear = log_likelihood(images, model.W, model.b, model.s).mean()
    tightest = (logsumexp(own, axis=0) - np.log(len(own))).mean()
    bounds[name] = linear, encoded.mean(), own.mean(), tightest
show_numbers(bounds, ["linear, exact", "deep: ELBO of the encoder", "ELBO of a q for each image",
                      "the same q, 500 weights"], first="nats per image")

# %%
exact_linear, encoder_elbo, own_elbo, weighted = bounds["test images"]
claims.add("deep machine: ELBO on test images over the linear model's exact ln p(x)",
           encoder_elbo - exact_linear, at_least=8, unit="nats")
claims.add("deep machine: amortization gap on test images",
           own_elbo - encoder_elbo, at_least=2, unit="nats")
claims.add("deep machine: what 500 weights gain over the ELBO of the same q", weighted - own_elbo,
           at_least=0.2, unit="nats")

# %%
codes = rng.normal(size=(16, LATENTS)).astype("float32")
drawn = {"test images": test[:16],
         "linear decoder, z from the prior": codes @ model.W.T + model.b,
         "deep decoder, the same z": deep.decoder(codes).numpy()}
figure = plots.image_rows(
    {name: images.reshape(-1, side, side) for name, images in drawn.items()}, height=2.6,
    title="Images that nobody drew: clearer strokes from the decoder that bends")
plots.show(figure, "Three rows of sixteen small images: real digits; blurred and overlapping "
                   "shapes from the linear decoder; clearer strokes from the deep decoder, many "
                   "of them like digits, some not.")

# %% [markdown]
# **The reading.** The gain is many nats, on images never seen, and it is proved by a bound. Lecture 13 saw the same in
# squared errors; now it is a density, and codes can be drawn, because the prior says from where. The amortization gap is
# no longer 0, not on training images and still less on new ones, which the encoder has never met. So with few training
# images part of what looks like overfitting of the decoder is the encoder's; the last column shows what the decoder is
# worth at least.
#
# A fair remark: the number of latents is a choice, too. The linear model of section 1 with twenty latents gains a good
# part of this with its ten additional numbers.

# %% [markdown]
# ## 8. All in one formula
#
# $$\max_{\theta, \phi} \; \sum_i \; \mathbb{E}_{\epsilon \sim \mathcal{N}(0, I)} \Big[ \ln p_\theta\big(x_i \mid \underbrace{\mu_\phi(x_i) + \sigma_\phi(x_i)\, \epsilon}_{\text{third}} \big) \Big] \;-\; \mathrm{KL}\big( \underbrace{q_\phi(z \mid x_i)}_{\text{second}} \,\|\, p(z) \big) \qquad \text{first: } \le \sum_i \ln p_\theta(x_i)$$

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# In `without_third` take `- tf.reduce_mean(value)` away and run the notebook again: the expectation of the gradient
# is the same (but for a factor 127/128, as each image's own value is part of the mean). What happens to the curve?
#
# ### To think about
# 1. The prior is $\mathcal{N}(0, I)$. What would change in the best likelihood of the linear model if it were
#    $\mathcal{N}(0, 4I)$? And for a deep decoder?
# 2. A latent that the decoder ignores: what does the encoder do with it at the maximum of the ELBO, and what does
#    it cost?
# 3. EM and the VAE climb the same bound. Which step of EM does the encoder stand for, and why does it never quite
#    close the gap?
#
# ### Sources
# - D. P. Kingma, M. Welling, *Auto-encoding variational Bayes*, ICLR 2014, and D. J. Rezende, S. Mohamed, D.
#   Wierstra, *Stochastic backpropagation and approximate inference in deep generative models*, ICML 2014: the three
#   tricks together.
# - R. M. Neal, G. E. Hinton, *A view of the EM algorithm that justifies incremental, sparse, and other variants*,
#   1998: both steps of EM climb one bound.
# - M. E. Tipping, C. M. Bishop, *Probabilistic principal component analysis*, Journal of the Royal Statistical
#   Society B 61, 1999, section 3: the exact maximum.
# - J. Lucas, G. Tucker, R. Grosse, M. Norouzi, *Don't blame the ELBO!*, NeurIPS 2019: the linear VAE and PCA's axes.
# - S. Chatterjee, P. Diaconis, *The sample size required in importance sampling*, Annals of Applied Probability 28,
#   2018.
# - R. J. Williams, *Simple statistical gradient-following algorithms for connectionist reinforcement learning*,
#   Machine Learning 8, 1992: the score function with a baseline.
# - Y. Burda, R. Grosse, R. Salakhutdinov, *Importance weighted autoencoders*, ICLR 2016; C. Cremer, X. Li, D.
#   Duvenaud, *Inference suboptimality in variational autoencoders*, ICML 2018: the tighter bound, the amortization
#   gap.
#
# **Next:** [Lab 3](../labs/lab3_vae.ipynb), where you build a variational autoencoder for 28 x 28 images, with the KL in closed form and a
# training step of its own.
