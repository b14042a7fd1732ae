# ---
# jupyter:
#   course:
#     time_limit_s: 120
#     memory_limit_gb: 3
# ---

# %% [markdown]
# # 32: The evidence lower bound
#
# A decoder that turns random numbers into images can generate. To train it by maximum likelihood we would need the
# density that it gives to each training image, and for a neural decoder nobody can compute it. What can be computed is
# a lower bound, and an older method, EM, has climbed it since 1977. We study the bound where the exact value is known,
# so that we see what it loses, and to what.
#
# **You will** watch the plain estimate of a likelihood fail and predict how badly, run EM and keep account of its bound at
# every half-step, check that bound and gap add up to the exact value, and see what the wrong sign of one term does.
#
# | | |
# |---|---|
# | Time | about 30 minutes to read; runs in a quarter of a minute on two cores |
# | Needs | no network, no GPU, 1 GB of memory |
# | Before | [12: PCA is a linear network](12_pca_is_a_linear_network.ipynb), [31: Generative networks](31_generative_networks.ipynb) |
# | After | [33: Variational autoencoders](33_variational_autoencoders.ipynb) |
#
# At the end you will have made this figure:
#
# ![Left: log-likelihood and bound over twelve half-steps of EM. They touch at every odd one; at every even one both are higher and a gap is open between them. Right: points of a plane with five ellipses over their densest parts.](../docs/figures/32_evidence_lower_bound.png)

# %%
from utils import runtime

settings = runtime.start(seed=0, precision="float32")  # what is exact here is NumPy in float64

# %%
import warnings

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from utils import plots
from utils.claims import Claims, show_numbers
from utils.data import load_arrays
from utils.linear_gaussian import LinearGaussian, kl_gaussians, kl_to_prior, log_likelihood

claims = Claims("32_evidence_lower_bound")
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
#
# The class `LinearGaussian` of `utils/linear_gaussian.py` holds these formulas: a fit to training images, the posterior,
# $\ln p(x \mid z)$ and the exact $\ln p(x)$.

# %%
models = {k: LinearGaussian(train, k) for k in COUNTS}
exact = {k: m.log_likelihood(test) for k, m in models.items()}
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
    truth = model.log_likelihood(images)
    z = rng.normal(size=(PRIOR_DRAWS, model.W.shape[1]))
    logs = model.given(images, z)  # (draws, images)
    missing = [(truth - logs).mean()]
    while len(logs) > 1:
        logs = np.logaddexp(logs[::2], logs[1::2]) - np.log(2)  # means of two, in logarithms
        missing.append((truth - logs).mean())
    return np.array(missing)


chosen = test[:IMAGES]
missing = {k: shortfalls(model, chosen) for k, model in models.items()}
draws = 2 ** np.arange(len(missing[1]))
far = {k: kl_to_prior(*model.posterior(chosen)).mean() for k, model in models.items()}

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

# %% tags=["cover"]
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
    elbo = consistency(model, test, mean, covariance) - kl_to_prior(mean, covariance)
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
second = np.array([kl_to_prior(simple_mean, each)[0] for each in narrow])
left = {"exact ln p(x)": np.full(100, exact[1][0]), "- KL: the ELBO": first - second,
        "+ KL": first + second}

stretches = np.geomspace(0.25, 16, 60)
first = consistency(model, test, posterior_mean, posterior_covariance).mean()
second = np.array([kl_to_prior(c * posterior_mean, c**2 * posterior_covariance).mean()
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
# ## 4. Claims

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# Set `COMPONENTS` to 2 and then to 20 and run section 2 again. What happens to the gap after an M-step, and to what EM
# gains in 60 rounds? (A claim may fail then: the bounds are those for five components.)
#
# ### To think about
# 1. The prior is $\mathcal{N}(0, I)$. What would change in the best likelihood of the linear model if it were
#    $\mathcal{N}(0, 4I)$? And for a deep decoder?
#
# <details><summary>Answer</summary>Nothing: the decoder W/2 turns the new prior into the old model. A deep decoder can halve its input in the first layer.</details>
#
# 2. Somebody stops each E-step half-way, so that $q$ only comes nearer to the posterior. Can the bound fall in such a
#    round? Can the log-likelihood?
#
# <details><summary>Answer</summary>The bound can't: both half-steps raise it. The log-likelihood can, because it is the bound plus the gap, and the gap may shrink by more than the bound gains (Neal and Hinton 1998).</details>
#
# 3. With 20 latents the KL from the prior is about 26 nats in the quick profile. How many draws of the prior would the plain
#    estimate need, and how long would that take at a billion draws per second?
#
# <details><summary>Answer</summary>About exp(26), or 2 times 10 to the power 11: three minutes for one image, and three days for all training images, to know their likelihood once.</details>
#
# ### Sources
# - A. P. Dempster, N. M. Laird, D. B. Rubin, *Maximum likelihood from incomplete data via the EM algorithm*, Journal of
#   the Royal Statistical Society B 39, 1977.
# - R. M. Neal, G. E. Hinton, *A view of the EM algorithm that justifies incremental, sparse, and other variants*,
#   1998: both steps of EM climb one bound.
# - M. E. Tipping, C. M. Bishop, *Probabilistic principal component analysis*, Journal of the Royal Statistical
#   Society B 61, 1999, section 3: the exact maximum.
# - S. Chatterjee, P. Diaconis, *The sample size required in importance sampling*, Annals of Applied Probability 28,
#   2018.
# - D. P. Kingma, M. Welling, *Auto-encoding variational Bayes*, ICLR 2014, section 2.2: the bound as it is used today.
# - J. Lucas, G. Tucker, R. Grosse, M. Norouzi, *Don't blame the ELBO!*, NeurIPS 2019: the linear model and PCA's axes.
#
# **Next:** [33: Variational autoencoders](33_variational_autoencoders.ipynb), where one network gives the $q$ of every image, and
# a second trick takes the gradient through random numbers.
