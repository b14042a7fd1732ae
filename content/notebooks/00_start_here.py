# ---
# jupyter:
#   course:
#     time_limit_s: 60
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # Start here
#
# Machines can learn from data that nobody has labelled: by squeezing it, by repairing it, by imitating it. This
# course builds such machines with Keras 3 and TensorFlow, from a network of 59 weights to image translation, and
# measures every claim it makes.
#
# **You will** find your way through the course, meet the checks that every lab uses, and know
# where to turn when something does not work. Ten minutes.
#
# ## The map
#
# The first digit of a lecture's number is its part of the course, the second its place in it. Go from top to bottom.
#
# ### Part 1: representations
#
# | notebook | what it shows | time |
# |---|---|---|
# | [12: PCA is a linear network](12_pca_is_a_linear_network.ipynb) (lecture) | An autoencoder without nonlinearity is PCA: the same error and the same space, but not the same axes, and a loss that finds them | 30 min |
# | [Lab 1: The 8-3-8 identity network](../labs/lab1_identity_838.ipynb) (lab, 14 points) | Three hidden units invent a binary code; what *narrow* means for real numbers | 75 min |
# | [13: Autoencoders](13_autoencoders.ipynb) (lecture) | Nonlinear layers beat PCA at every narrow width; what the code looks like and what it is good for | 30 min |
# | [14: Upsampling and the transposed convolution](14_upsampling.ipynb) (lecture) | Four ways up, each the transpose of a way down; where checkerboards come from and what cures them | 35 min |
# | [Lab 2: A denoising autoencoder](../labs/lab2_denoising_autoencoder.ipynb) (lab, 12 points) | A denoiser ahead of every tuned filter, the classic mistake, and the score that a denoiser knows | 75 min |
#
# ![Three rows of ten small images of digit-like strokes: the axes of PCA, the columns of a decoder trained on the squared error, mixtures of them, and of one trained on errors of shorter codes, which are the axes again.](../docs/figures/12_pca_is_a_linear_network.png)
# ![Two shaded tables of hidden values, eight patterns by three units: one printed by Mitchell in 1997, one trained in lab 1.](../docs/figures/lab1_identity_838.png)
# ![Eighteen woven squares, one for each kernel size and stride: tartan cloth, or plain where the stride divides the kernel size.](../docs/figures/14_upsampling.png)
# ![Rows of digits: clean, noisy, and cleaned by two filters, by PCA and by the network of lab 2, whose digits are nearest to the clean ones.](../docs/figures/lab2_denoising_autoencoder.png)
#
# ### Part 2: learning from the data itself
#
# | notebook | what it shows | time |
# |---|---|---|
# | [21: Reconstruction pretexts](21_reconstruction_pretexts.ipynb) (lecture) | One trunk on eight tasks that need no label: what each teaches, why the answer is grey or blurred where there is no single one, and what is lost between training and use | 40 min |
# | [Lab 6: Pretext tasks: one trunk, one probe](../labs/lab6_pretext_tasks.ipynb) (lab, 15 points) | Turns, shuffled tiles and pairs of views train one network without a label; one probe tells what each was worth, beside its controls | 100 min |
#
# ![Rows of small pictures of things: grey, coloured by regression, by classes, and true. Trees, lamps and snails get their colours, houses, boats and kites dull or wrong ones.](../docs/figures/21_reconstruction_pretexts.png)
# ![Horizontal bars of test accuracy for eight kinds of features: untrained trunk, pixels and a trunk trained with noise alone are shortest, then come jigsaw and rotation; InfoNCE reaches the trunk trained with all labels.](../docs/figures/lab6_pretext_tasks.png)
#
# ### Part 3: explicit models
#
# | notebook | what it shows | time |
# |---|---|---|
# | [31: Generative networks](31_generative_networks.ipynb) (lecture) | A random number through a function: when its density is known exactly, and when there is none; the families of models | 35 min |
# | [32: The evidence lower bound](32_evidence_lower_bound.ipynb) (lecture) | Why a likelihood is hard to estimate, how EM climbs a bound of it, and what the bound loses, against exact numbers | 30 min |
# | [33: Variational autoencoders](33_variational_autoencoders.ipynb) (lecture) | An encoder for all images, a gradient through random numbers, training without each trick, and latents that fall silent | 40 min |
# | [Lab 3: A variational autoencoder with a custom loss](../labs/lab3_vae.ipynb) (lab, 15 points) | A loss and a training step of your own, the map of all digits, and what three published bugs cost | 100 min |
#
# ![Log-likelihood and bound of EM over half-steps, which touch at every second one, beside points of a plane with five ellipses.](../docs/figures/32_evidence_lower_bound.png)
# ![Four curves of log-likelihood against training steps below a dotted line: with all three tricks the curve reaches it; without one it comes later, stays lower, or stays far below.](../docs/figures/33_variational_autoencoders.png)
# ![A square of small pictures of digits that turn gradually into each other, from 7 and 1 in one corner to 6 and 8 in the other.](../docs/figures/lab3_vae.png)
#
# ### Part 4: adversarial models
#
# | notebook | what it shows | time |
# |---|---|---|
# | [41: Adversarial training](41_adversarial_training.ipynb) (lecture) | The game in one dimension, what its theory promises checked against integrals, and nine remedies for a generator that forgets, measured | 45 min |
# | [Lab 4: DCGAN, with a training step of its own](../labs/lab4_dcgan.ipynb) (lab, 15 points) | Two losses, two networks and the step of their game; measures that tell real from drawn, new from copied; a clinic of five failures | 100 min |
# | [42: The latent space of a GAN](42_latent_space_of_a_gan.ipynb) (lecture) | What each guideline of the DCGAN is worth, paths between images, and directions with a meaning | 30 min |
# | [43: Judging generators](43_judging_generators.ipynb) (lecture) | A generator that learns by heart, why there is no likelihood, and how every measure can be fooled | 35 min |
#
# ![Two rows of five clouds of points on a ring of eight small circles: in the upper row they end in a few of the circles, in the lower row in all.](../docs/figures/41_adversarial_training.png)
# ![Ten columns of digits. From the top: a slanted digit, the same upright, another digit upright, the result, which is that other digit slanted, and the slanted one itself.](../docs/figures/lab4_dcgan.png)
# ![Five rows of small images of digits that lean further, get bolder, larger, move right and move down from left to right.](../docs/figures/42_latent_space_of_a_gan.png)
# ![Four rows of small digits: real ones, slightly blurred, generated ones, and these twice more with changes that can hardly be seen.](../docs/figures/43_judging_generators.png)
#
# ### Part 5: translation
#
# | notebook | what it shows | time |
# |---|---|---|
# | [51: Image translation](51_image_translation.ipynb) (lecture) | One network with pairs, with pairs and an opponent, and without pairs; the secret that CycleGAN writes into its zebras; pictures from sentences | 45 min |
# | [Lab 5: CycleGAN, translation without pairs](../labs/lab5_cyclegan.ipynb) (lab, 18 points) | Horses become zebras and nobody has seen a pair; how far from the truth, and what each loss is for | 110 min |
#
# ![Rows of small pictures: horses in two coats, the zebras made of them, the enlarged difference of these, and the horses that come back, each in its own coat.](../docs/figures/51_image_translation.png)
# ![Rows of twelve small pictures: horses, the zebras that the network made of them and the true ones; below, zebras, the horses made of them and the true ones.](../docs/figures/lab5_cyclegan.png)
#
# In preparation: more of part 2, part 6, *one view*, and more lectures and labs in the other parts.
#
# **Lectures** are in `notebooks/`: run them from top to bottom and read. **Labs** are in `labs/`: there you write
# the functions on which everything else rests.
#
# ## The first cell
#
# Every notebook begins with this line. It finds out what your machine has, sets the seeds, and tells what it
# chose. Nothing is downloaded, no GPU is needed: the default profile `quick` is made for two cores.

# %%
from utils import runtime

settings = runtime.start(seed=0)

# %% [markdown]
# The profile `full` trains longer, on public data sets. Set the environment variable `COURSE_PROFILE=full` before you
# start, or write `runtime.start("full")`. Both columns of settings stand near the top of each notebook.
#
# ## How a lab works
#
# A question is a function with a description and one line that says it is unanswered. Below it stands its check. This
# one asks for half of a number.
#
# <details><summary>Hint: open me when you are stuck. Labs have three of these for every question.</summary>x / 2 works for numbers and arrays alike.</details>

# %%
from utils.checks import Lab

lab = Lab("practice", globals())


def halve(x):
    """Half of each number: array (n,) -> array (n,); [4, 7] gives [2, 3.5]."""
    raise NotImplementedError("Question 1, halve")


lab.check("halve")

# %% [markdown]
# An unanswered question is no accident: the notebook runs on. Here is an answer with a slip.


# %%
def halve(x):
    return x // 2


lab.check("halve")

# %% [markdown]
# The check tells what it expected, what it found, and the likeliest slip. Mend it, run both cells again:


# %%
def halve(x):
    return x / 2


lab.check("halve")

# %% [markdown]
# A cell further down that uses an answer names what it waits for, so *Run All Cells* always reaches the end. Your points
# are shown at the end of each lab; `./course check labs/lab1_identity_838.ipynb` prints them in a terminal.
#
# **Change this and look:** make `halve` return `x * 2` or `x.sum()`, and read what the check makes of it.
#
# ## How to get help
#
# | when | do |
# |---|---|
# | a check says *not right yet* | read *likeliest slip*; then open the hints under the question, one at a time |
# | an error shows up | its last line says what happened; the check names the line of your answer |
# | nothing seems to react | menu *Kernel*, *Restart Kernel and Run All Cells* |
# | something is missing or slow | `./course doctor` in a terminal: each problem comes with its remedy |
# | you want a lab as it was | copy it before you start: *File*, *Duplicate* |
#
# ## Your machine
#
# What the course found in its data folder and on this machine is what `./course doctor` prints. This cell checks that one
# step of training works at all.

# %%
import keras
import numpy as np

model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(0.5), loss="mean_squared_error")
x = np.linspace(-1, 1, 20).reshape(-1, 1)
before = model.evaluate(x, x / 2, verbose=0)
model.fit(x, x / 2, epochs=20, verbose=0)
after = model.evaluate(x, x / 2, verbose=0)
print("A network of two weights learned to halve:", bool(after < before / 10))

# %% [markdown]
# **Next:** [12: PCA is a linear network](12_pca_is_a_linear_network.ipynb).
