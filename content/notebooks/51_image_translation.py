# ---
# jupyter:
#   course:
#     time_limit_s: 300
#     memory_limit_gb: 4
# ---

# %% [markdown]
# # 51: Image translation
#
# A horse becomes a zebra, a coarse picture a fine one, a sentence a picture. All of these are translations, and they differ in what the training data tell.
# In a drawn world every horse has a zebra that is its true partner, so we can hide the partners, or show them, and measure what each kind of training can know and what it has to invent.
#
# **You will** train one small U-Net in three ways, with pairs by a plain error, with pairs and an opponent (pix2pix), and without pairs (CycleGAN); measure error and sharpness;
# catch CycleGAN writing a secret into its zebras; and draw animals from sentences, two of which no network has ever read.
#
# | | |
# |---|---|
# | Time | about 45 minutes to read; runs in a minute and a half on two cores |
# | Needs | no network, no GPU, 2 GB of memory |
# | Before | [41: Adversarial training](41_adversarial_training.ipynb), [Lab 4: DCGAN](../labs/lab4_dcgan.ipynb) |
#
# At the end you will have made this figure:
#
# ![Seven rows of small pictures. Chestnut horses and the same horses with dark coats; the zebras that CycleGAN makes of both, which differ in the tint of their stripes; this difference, enlarged; and the horses that come back, each with its own coat.](../docs/figures/51_image_translation.png)

# %%
from utils import runtime

# float32: the numbers of this lecture are compared from machine to machine.
settings = runtime.start(seed=0, precision="float32")

# %%
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.neighbors import NearestNeighbors

from utils import nets, plots, training
from utils.claims import Claims, show_numbers
from utils.data import load_arrays

claims = Claims("51_image_translation")
rng = np.random.default_rng(settings.seed)

# %% [markdown]
# ### Settings

# %%
FILTERS = settings.choose(quick=16, full=32)  # of a network's first layer
PAIRED_STEPS = settings.choose(quick=250, full=4_000)  # for each network of section 1
PAIRED_BATCH = 4
CYCLE_STEPS = settings.choose(quick=500, full=10_000)
CYCLE_BATCH = 2  # the paper's is 1; overhead, not arithmetic, takes the time here
GENERATOR_RATE, DISCRIMINATOR_RATE = 2e-3, 5e-4  # of Adam; both fall along a cosine
PIXEL_WEIGHT = 100.0  # of the absolute error in pix2pix, as in the paper
CYCLE_WEIGHT, IDENTITY_WEIGHT = 10.0, 5.0  # as in the paper of CycleGAN
TEXT_STEPS = settings.choose(quick=500, full=4_000)
TEXT_BATCH, TEXT_RATE, NOISE = 32, 2e-3, 16

# %% [markdown]
# ### The world
#
# 1,000 horses and 1,000 zebras, each in a scene of its own, and 250 of each to measure on. Every picture comes with its *partner*, the same scene with the other animal. In this version of the world
# the coats of horses vary from chestnut to dark bay. **A zebra's picture doesn't show which coat its partner has.** So a horse determines its zebra, and a zebra doesn't determine its horse.


# %%
def signed(images):
    """From [0, 1] to [-1, 1], the range of a tanh."""
    return 2 * images - 1


horses, zebras, test_horses, test_zebras = (
    load_arrays("horses_zebras/coats", split)
    for split in ("trainA", "trainB", "testA", "testB"))
for part in (horses, zebras, test_horses, test_zebras):
    part["image"], part["partner"] = signed(part["image"]), signed(part["partner"])

def picture_rows(rows, *, title, height, count=10):
    """A figure of rows of the first pictures, given from -1 to 1."""
    shown = {name: np.clip((images[:count] + 1) / 2, 0, 1) for name, images in rows.items()}
    return plots.image_rows(shown, title=title, height=height)


# %%
figure = picture_rows({"horses": test_horses["image"],
                       "their true partners": test_horses["partner"],
                       "other zebras": test_zebras["image"]}, height=3.4,
                      title="Two heaps of pictures, and the partners that tell what is right")
plots.show(figure, "Three rows of small pictures on grass under a sky: brown "
                   "horses from chestnut to nearly black, the same scenes with "
                   "striped zebras, and zebras in other scenes.")

# %% [markdown]
# ## 1. With pairs
#
# **The question.** Given pairs $(x, y)$ of input and wanted output, why not simply train a network $G$ to make the error small? The *regressor* does just that:
#
# $$L_1(G) = \mathbb{E}\, |y - G(x)|$$
#
# Per pixel, the best answer to this question is the *median* of all $y$ that go with $x$. If $x$ determines $y$, that is $y$. If it doesn't, the median is a compromise: a colour that is wrong by little for all and right for none.
# *pix2pix* (Isola and others 2017) adds a discriminator $D$, which sees input and output together and says for each patch whether the pair is a true one. Its generator goes down the gradient of
#
# $$\mathbb{E}\,(D(x, G(x)) - 1)^2 + 100\, L_1(G)$$
#
# (the paper takes the cross-entropy here; squares are what CycleGAN uses, so all networks of this lecture play the same game). A compromise is nothing that occurs among true pairs, so $D$ can tell it. The paper's generator
# is also shown noise, by dropout, and its authors found that the network makes little use of it; ours gets none.
#
# The generator is a **U-Net**: it makes the picture smaller, works on the small one, and makes it large again, where the fine map from before joins in (the *skip connection*), so edges need not pass through the
# narrow part. One more skip goes around everything: what the network computes is added to the input before the tanh, so an untrained network leaves pictures as they are. Most of a scene shall stay, and needs not be learned.


# %%
def small():
    return keras.initializers.RandomNormal(stddev=0.02)


def convolution(x, filters, kernel, strides=1):
    return layers.Conv2D(filters, kernel, strides=strides, padding="same",
                         kernel_initializer=small())(x)


def normalized(x, relu=True):
    """Each channel of each picture by itself: as many groups as channels."""
    x = layers.GroupNormalization(groups=-1, epsilon=1e-5)(x)
    return layers.ReLU()(x) if relu else x


def build_unet():
    """Pictures (n, 32, 32, 3) -> pictures of the same shape, from -1 to 1."""
    images = keras.Input((32, 32, 3))
    fine = normalized(convolution(images, FILTERS, 5))
    x = normalized(convolution(fine, 2 * FILTERS, 3, strides=2))  # (n, 16, 16, 2 FILTERS)
    for _ in range(2):  # residual blocks
        change = normalized(convolution(x, 2 * FILTERS, 3))
        x = x + normalized(convolution(change, 2 * FILTERS, 3), relu=False)
    x = layers.Conv2DTranspose(FILTERS, 4, strides=2, padding="same",
                               kernel_initializer=small())(x)
    x = layers.Concatenate()([normalized(x), fine])  # the skip connection
    return keras.Model(images, ops.tanh(convolution(x, 3, 5) + ops.arctanh(0.99 * images)))


# %%
def build_discriminator(channels):
    """Pictures (n, 32, 32, channels) -> a map of logits (n, 8, 8, 1), one for each patch."""
    images = x = keras.Input((32, 32, channels))
    for level, (size, strides) in enumerate([(1, 2), (2, 2), (4, 1)]):
        x = convolution(x, size * FILTERS, 4, strides)
        x = layers.LeakyReLU(0.2)(normalized(x, relu=False) if level else x)
    return keras.Model(images, convolution(x, 1, 4))


def new_player(network, steps, rate, beta_1=0.5):
    """A network together with its optimizer."""
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    optimizer = keras.optimizers.Adam(schedule, beta_1=beta_1)
    optimizer.build(network.trainable_variables)
    return network, optimizer


def down(tape, loss, *players):
    """One step of each player down the gradient of the loss."""
    variables = [network.trainable_variables for network, _ in players]
    gradients = tape.gradient(loss, variables)
    for (_, optimizer), own, gradient in zip(players, variables, gradients):
        optimizer.apply(gradient, own)


def draw(step, stream, batch, *arrays):
    """The same random rows of each array; they follow from seed, step and stream alone."""
    key = tf.stack([settings.seed, 10 * step + stream])
    rows = tf.random.stateless_uniform((batch,), key, 0, len(arrays[0]), tf.int32)
    return [tf.gather(array, rows) for array in arrays]


def repeat(step, steps):
    """All training steps in one compiled call."""
    @tf.function
    def all_steps():
        for number in tf.range(steps):
            step(number)
    all_steps()

# %% [markdown]
# The discriminator is a PatchGAN: each logit sees a patch only. Now both ways of training with pairs are one function.


# %%
def distance(first, second):
    return tf.reduce_mean(tf.abs(first - second))


def judged(logits, wanted):
    """Least squares: 1 is wanted for real pictures, 0 for generated ones."""
    return tf.reduce_mean(tf.square(logits - wanted))


def discriminator_step(player, real, fake):
    with tf.GradientTape() as tape:
        answers = tf.split(player[0](tf.concat([real, fake], 0), training=True), 2)
        loss = (judged(answers[0], 1.0) + judged(answers[1], 0.0)) / 2
    down(tape, loss, player)


def train_on_pairs(inputs, targets, adversarial):
    """A U-Net from inputs to targets, by the absolute error alone or as pix2pix."""
    keras.utils.set_random_seed(settings.seed)
    player = new_player(build_unet(), PAIRED_STEPS, GENERATOR_RATE)
    opponent = new_player(build_discriminator(6), PAIRED_STEPS, DISCRIMINATOR_RATE)
    generator, discriminator = player[0], opponent[0]
    inputs, targets = tf.constant(inputs), tf.constant(targets)

    def step(number):
        x, y = draw(number, 0, PAIRED_BATCH, inputs, targets)
        with tf.GradientTape() as tape:
            made = generator(x, training=True)
            loss = PIXEL_WEIGHT * distance(made, y)
            if adversarial:
                answers = discriminator(tf.concat([x, made], -1), training=True)
                loss = loss + judged(answers, 1.0)
        down(tape, loss, player)
        if adversarial:
            discriminator_step(opponent, tf.concat([x, y], -1), tf.concat([x, made], -1))

    repeat(step, PAIRED_STEPS)
    return generator

# %% [markdown]
# **The experiment.** Three tasks, each with pairs. From a horse to its zebra: the input determines the output. From a zebra to its horse: it does, but for the coat. And from a zebra that is
# pixelated, 8x8 squares instead of 32x32, to the sharp one: here the input leaves many details open.
#
# *Error*: the mean absolute difference from the true partner, over the animal alone, as a share of the error of a picture left as it is. *Sharpness*: how much neighbouring pixels of the animal differ, over the same of
# the true partner. It is 1 for a perfect picture, below 1 for a blurred one. More is not better: above 1 there are edges that should not be.

# %%
def apply(network, images):
    return network.predict(np.asarray(images, "float32"), batch_size=250, verbose=0)


def error(images, truth, part):
    """Mean absolute difference on the animal, in the units of [-1, 1]."""
    return float((np.abs(images - truth) * part["animal"]).sum() / part["animal"].sum() / 3)


def edges(images, animal):
    """Sum of the differences between neighbours on the animal."""
    return sum((np.abs(np.diff(images, axis=axis)) * animal.take(range(1, 32), axis)).sum()
               for axis in (1, 2))


def pixelated(images):
    """Squares of 4x4 pixels, each in its mean colour."""
    return images.reshape(-1, 8, 4, 8, 4, 3).mean(axis=(2, 4)).repeat(4, 1).repeat(4, 2)


# %%
SHARPEN = "pixelated zebra to zebra"
tasks = {"horse to zebra": (horses, horses["image"], "partner", test_horses),
         "zebra to horse": (zebras, zebras["image"], "partner", test_zebras),
         SHARPEN: (zebras, pixelated(zebras["image"]), "image", test_zebras)}
given, truth, made, table = {}, {}, {}, {}
for task, (part, inputs, target, test_part) in tasks.items():
    given[task], truth[task] = test_part["image"], test_part[target]
    if task == SHARPEN:
        given[task] = pixelated(given[task])
    ways = {"left as it is": given[task]}
    for way, adversarial in (("regressor", False), ("pix2pix", True)):
        ways[way] = apply(train_on_pairs(inputs, part[target], adversarial), given[task])
    left = error(given[task], truth[task], test_part)
    for way, images in ways.items():
        table[task, way] = [error(images, truth[task], test_part) / left,
                            edges(images, test_part["animal"])
                            / edges(truth[task], test_part["animal"])]
    made[task] = ways

# %%
for task, title, alt in (
        ("horse to zebra", "What the horse determines, both draw",
         "Rows of horses, of zebras by the regressor, by pix2pix and true ones. "
         "Both networks draw stripes that look alike."),
        ("zebra to horse", "No network can know the coat: both answer with the same brown",
         "Rows of zebras, of horses by both networks and true ones. The networks "
         "give all horses a similar brown; the true ones vary."),
        (SHARPEN, "What the pixelated picture leaves open, the regressor blurs",
         "Rows of pictures of coarse squares, of zebras by both networks and "
         "true ones. The regressor's are softer than those of pix2pix.")):
    figure = picture_rows({"input": given[task], "regressor": made[task]["regressor"],
                           "pix2pix": made[task]["pix2pix"], "truth": truth[task]},
                          title=title, height=4.3)
    plots.show(figure, alt)

# %%
show_numbers({f"{task}: {way}": values for (task, way), values in table.items()},
             ["error, share of leaving the picture as it is", "sharpness"], first="paired")

# %% [markdown]
# What of the coats? A *reader* tells the coat of a horse from the mean colour of the animal, divided by the brightness of the day, and the warmth of the light; it is a linear regression on the true horses.


# %%
def coat_features(images, part):
    """Mean colour of the animal without the day's brightness, and the light's warmth."""
    share = part["animal"] / part["animal"].sum(axis=(1, 2), keepdims=True)
    colour = ((images + 1) / 2 * share).sum(axis=(1, 2)) / part["light"][:, None]
    return np.column_stack([colour, part["warmth"]])


reader = LinearRegression().fit(coat_features(horses["image"], horses), horses["coat"])


def coats_of(images, part):
    return reader.predict(coat_features(images, part))


def explained(part, estimate):
    """Share of the coats' variance that is explained; below 0: worse than their mean."""
    return 1 - np.mean((part["coat"] - estimate) ** 2) / np.var(part["coat"])


spread = {way: np.std(coats_of(made["zebra to horse"][way], test_zebras))
          / np.std(test_zebras["coat"]) for way in ("regressor", "pix2pix")}
show_numbers({way: [value] for way, value in spread.items()},
             ["spread of the coats drawn, share of the true spread"])
claims.add("reader: explained share of the coats' variance, held-out horses",
           explained(test_horses, coats_of(test_horses["image"], test_horses)), at_least=0.97)
claims.add("spread of the coats: regressor over truth", spread["regressor"], at_most=0.4)
claims.add("spread of the coats: pix2pix over truth", spread["pix2pix"], at_most=0.4)
claims.add("horse to zebra: error of the regressor, share of leaving",
           table["horse to zebra", "regressor"][0], at_most=0.6)
claims.add("horse to zebra: sharpness of pix2pix over the regressor's",
           table["horse to zebra", "pix2pix"][1] / table["horse to zebra", "regressor"][1],
           at_most=1.1)
claims.add("pixelated: sharpness of pix2pix over the regressor's",
           table[SHARPEN, "pix2pix"][1] / table[SHARPEN, "regressor"][1], at_least=1.05)

# %% [markdown]
# **The reading.** *Horse to zebra*: stripes are fixed to the body, so the horse determines its zebra, and the regressor has nothing to be undecided about. Its pictures are no softer than those of pix2pix: what softness there is comes
# from training that is short, not from the loss. *The pixelated zebra*: many sharp pictures go with it, the regressor settles between them, and pix2pix is sharper, at about the same error. So blur doesn't come from the absolute error as such. **Blur comes from what the input
# doesn't tell.** Had the regressor been softer in the first task as well, this reading would be wrong.
#
# *Zebra to horse*: the coat is open, yet a coat has no edges to blur. The compromise shows as a colour: most horses get the same middling brown, with a fraction of the true spread. And pix2pix doesn't help! Its generator has no noise, so it can give one answer per zebra only, and the
# hundredfold weight on the absolute error holds this answer near the median. A sharp picture is not yet a draw from what is possible. (The sharpness above 1 in the table is a remnant of stripes, which short training leaves on the horses: a number to be read beside the pictures.)
#
# ## 2. Without pairs
#
# **The question.** Now nobody tells which zebra belongs to which horse. *CycleGAN* (Zhu and others 2017) trains two generators, $G$ from horses to zebras and $F$ back, and a discriminator for each heap. $D_B(G(x)) = 1$ asks that translated
# horses look like zebras, all of them together: any zebra would do. That it is *this* horse as a zebra, two further terms shall ensure:
#
# $$\lambda\, \mathbb{E}\,|F(G(x)) - x| + \lambda_\text{id}\, \mathbb{E}\,|F(x) - x|$$
#
# and the same from the other side. The way there and back shall lead home, and what is a horse already shall stay. Lab 5 takes these losses away one at a time; here we ask what the lack of pairs costs. The generators are the U-Nets of section 1, the scenes are the same.


# %%
def train_cycle(first, second):
    """CycleGAN: a U-Net from the first heap to the second, and one back."""
    keras.utils.set_random_seed(settings.seed)
    there, back = (new_player(build_unet(), CYCLE_STEPS, GENERATOR_RATE) for _ in range(2))
    judges = [new_player(build_discriminator(3), CYCLE_STEPS, DISCRIMINATOR_RATE)
              for _ in range(2)]
    first, second = tf.constant(first), tf.constant(second)

    def generators_loss(a, b):
        """Both directions; gives the loss and the translations to both heaps."""
        to_b, same_b = tf.split(there[0](tf.concat([a, b], 0), training=True), 2)
        to_a, same_a = tf.split(back[0](tf.concat([b, a], 0), training=True), 2)
        home = (distance(back[0](to_b, training=True), a)
                + distance(there[0](to_a, training=True), b))
        passed = sum(judged(judge(made, training=True), 1.0)
                     for (judge, _), made in zip(judges, (to_a, to_b)))
        same = distance(same_a, a) + distance(same_b, b)
        return passed + CYCLE_WEIGHT * home + IDENTITY_WEIGHT * same, (to_a, to_b)

    def step(number):
        (a,), (b,) = (draw(number, stream, CYCLE_BATCH, heap)
                      for stream, heap in enumerate((first, second)))
        with tf.GradientTape() as tape:
            loss, fakes = generators_loss(a, b)
        down(tape, loss, there, back)
        for judge, real, fake in zip(judges, (a, b), fakes):
            discriminator_step(judge, real, fake)

    repeat(step, CYCLE_STEPS)
    return there[0], back[0]


to_zebra, to_horse = train_cycle(horses["image"], zebras["image"])
made["horse to zebra"]["CycleGAN"] = apply(to_zebra, test_horses["image"])
made["zebra to horse"]["CycleGAN"] = apply(to_horse, test_zebras["image"])

# %% [markdown]
# How much of that is more than repainting? The best *map of colours* knows the partners: for each pixel it looks up the 50 training pixels of the most similar colour and gives the median of what they become. It sees one pixel at a time.


# %%
def map_colours(part, test_part, neighbours=50, count=30_000):
    """What the nearest colours of the training animals become, for each pixel of an animal."""
    old, new = (part[name][part["animal"][..., 0] > 0.5] for name in ("image", "partner"))
    chosen = rng.choice(len(old), count, replace=False)
    search = NearestNeighbors(n_neighbors=neighbours).fit(old[chosen])
    inside = test_part["animal"][..., 0] > 0
    images = test_part["image"].copy()
    nearest = search.kneighbors(images[inside], return_distance=False)
    images[inside] = np.median(new[chosen][nearest], axis=1)
    return images


made["horse to zebra"]["map of colours"] = map_colours(horses, test_horses)
made["zebra to horse"]["map of colours"] = map_colours(zebras, test_zebras)

# %%
figure = picture_rows({"horse": test_horses["image"],
                       "zebra by CycleGAN": made["horse to zebra"]["CycleGAN"],
                       "true partner": test_horses["partner"],
                       "zebra": test_zebras["image"],
                       "horse by CycleGAN": made["zebra to horse"]["CycleGAN"],
                       "its true partner": test_zebras["partner"]}, height=6.4,
                      title="Nobody told which zebra belongs to which horse")
plots.show(figure, "Rows of horses, the zebras that CycleGAN makes of them and the "
                   "true ones; below, from zebra to horse. Poses and scenes stay; "
                   "the stripes stand nearly where they should, with coloured "
                   "traces; the made horses keep faint stripes.")

# %%
WAYS = ["left as it is", "map of colours", "CycleGAN", "pix2pix", "regressor"]
errors = {}
for task in ("horse to zebra", "zebra to horse"):
    left = error(given[task], truth[task], tasks[task][3])
    errors[task] = [error(made[task][way], truth[task], tasks[task][3]) / left for way in WAYS]
figure, ax = plots.new_figure(height=2.8, title="The price of having no pairs")
for (task, values), marker in zip(errors.items(), "os"):
    ax.plot(values, WAYS, marker, label=task, markersize=8)
ax.set(xlim=(0, 1.05))
ax.invert_yaxis()
ax.legend()
plots.describe(ax, xlabel="error on the animal, share of leaving the picture as it is",
               ylabel="way")
plots.show(figure, "For both directions the error of each way, as a share of "
                   "leaving the picture as it is. From horse to zebra the map "
                   "of colours is the worst and both ways with pairs the best; "
                   "from zebra to horse the map is ahead of all.")

# %%
show_numbers({way: [errors[task][i] for task in errors] for i, way in enumerate(WAYS)},
             [f"{task}, error" for task in errors], first="way")
for task, (_, _, cycle_error, _, paired_error) in errors.items():
    claims.add(f"{task}: error of CycleGAN, share of leaving", cycle_error, at_most=0.72)
    claims.add(f"{task}: error of CycleGAN over the regressor's", cycle_error / paired_error,
               at_least=1.05)
over_map = {task: values[2] / values[1] for task, values in errors.items()}
claims.add("horse to zebra: error of CycleGAN over the map of colours'",
           over_map["horse to zebra"], at_most=0.8)
claims.add("zebra to horse: the same", over_map["zebra to horse"], at_least=1.05)

# %% [markdown]
# **The reading.** From horse to zebra, CycleGAN puts stripes where there were none, nearly in the right places, and does what no map of colours can: the map turns brown into the one grey that is least wrong for black and white. Nobody told
# it where the stripes go; that they are black on one part of a body and white on another can be seen in the heap of zebras. Pairs help further: both networks of section 1 are nearer to the truth, with as many pictures seen in training.
#
# From zebra to horse the map of colours wins, against all networks. Black and white to brown *is* a map of colours, and it was fitted on true partners, pixel by pixel, which is what this direction is about. A network of a few hundred steps has to learn the same and still shows traces of stripes.
# Without such a row in the table we might have praised the networks.
#
# ## 3. What unpaired training cannot know
#
# **The question.** A true zebra doesn't show the coat of its partner. But the cycle has to bring every horse back, coat and all, from its zebra alone. These two demands contradict each other, and the discriminator is the
# only one to insist on the first. Which of them gives way?
#
# **The experiment.** A *probe*: ridge regression from the pixels of the zebra to the coat of the horse that it was made from. On true partners it must fail. On translated ones?


# %%
def probe(pictures, test_pictures):
    """Share of the coats' variance that a linear function of the pixels explains, held out."""
    rows, test_rows = (each.reshape(len(each), -1) for each in (pictures, test_pictures))
    fitted = RidgeCV(np.logspace(0, 4, 9)).fit(rows, horses["coat"])
    return explained(test_horses, fitted.predict(test_rows))


made_zebras = apply(to_zebra, test_horses["image"])
told_by_true = probe(horses["partner"], test_horses["partner"])
told_by_made = probe(apply(to_zebra, horses["image"]), made_zebras)
claims.add("coat of the horse, read from its true partner: explained share", told_by_true,
           at_most=0.1)
claims.add("coat of the horse, read from CycleGAN's zebra: explained share", told_by_made,
           at_least=0.85)

# %% [markdown]
# So the coat is in there. Where? The other version of this world has the very same scenes, with a chestnut coat for all. Two horses that differ in their coats alone go through $G$, and should give the same zebra.

# %%
chestnut = load_arrays("horses_zebras", "testA")
dark = np.flatnonzero(test_horses["coat"] > 0.7)[:10]
one, other = signed(chestnut["image"])[dark], test_horses["image"][dark]
zebra_one, zebra_other = apply(to_zebra, one), apply(to_zebra, other)
secret = zebra_other - zebra_one
figure = picture_rows({
    "chestnut horses": one, "the same, dark": other,
    "zebras made of the chestnut horses": zebra_one,
    "zebras made of the dark horses": zebra_other,
    "what differs, three times enlarged (grey: nothing)": 3 * secret,
    "back from the former": apply(to_horse, zebra_one),
    "back from the latter": apply(to_horse, zebra_other)}, height=7.4,
    title="The coat is written into the stripes, and read again")

# %% tags=["cover"]
plots.show(figure, "Rows of pictures: chestnut horses, the same horses with "
                   "dark coats, zebras made of both, the enlarged difference of "
                   "these, which has the shape of the animal, blue and dark, "
                   "and the horses made of both zebras: chestnut from the "
                   "first, dark from the second.")

# %% [markdown]
# Is it really this difference that tells $F$ the coat? Take it away: give $F$ the true partner instead of the made zebra. Or disturb it: round to the 8 bits of a picture file, blur, or add noise. If what comes back keeps its coat, the secret has survived.


# %%
def blurred(images):
    """Means over 3x3 pixels."""
    return tf.nn.avg_pool2d(images, 3, 1, "SAME").numpy()


def noisy(images, spread):
    return np.clip(images + spread * rng.standard_normal(images.shape), -1, 1)


NOISES = [0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8]  # standard deviation; pictures are from -1 to 1
changed = {"made zebra": made_zebras, "in 8 bits": np.round(made_zebras * 127.5) / 127.5,
           "blurred": blurred(made_zebras), "true partner": test_horses["partner"],
           "mean of all horses, no matter which": None}
coat_error = {}
for name, images in changed.items():
    read = (np.full(len(made_zebras), horses["coat"].mean()) if images is None
            else coats_of(apply(to_horse, images), test_horses))
    coat_error[name] = np.mean(np.abs(read - test_horses["coat"]))
by_noise = {name: [np.mean(np.abs(coats_of(apply(to_horse, noisy(images, spread)), test_horses)
                                  - test_horses["coat"])) for spread in NOISES]
            for name, images in list(changed.items())[::3]}

# %%
figure, ax = plots.new_figure(height=3.2,
                              title="Noise wipes the secret out, and the coat is lost")
ax.plot(range(len(NOISES)), by_noise["made zebra"], "o-", label="from CycleGAN's zebra")
ax.plot(range(len(NOISES)), by_noise["true partner"], "s--", label="from the true zebra")
ax.axhline(coat_error["mean of all horses, no matter which"], color="black", linestyle=":",
           linewidth=1, label="always answering the mean coat")
ax.set(ylim=(0, None))
ax.set_xticks(range(len(NOISES)), NOISES)
ax.legend()
plots.describe(ax, xlabel="noise added to the zebra, standard deviation",
               ylabel="error of the coat that comes back")
plots.show(figure, "Error of the coat that comes back against noise. From "
                   "CycleGAN's zebra it is small without noise and rises; from "
                   "the true zebra it is large throughout, near the dotted line "
                   "of the mean coat.")

# %%
show_numbers({name: [value] for name, value in coat_error.items()},
             ["error of the coat that comes back, of a range of 1"], first="given to F")
size = error(zebra_one, zebra_other, {"animal": test_horses["animal"][dark]})
show_numbers({"mean on the animal": [127.5 * size]}, ["grey levels of 255"],
             first="difference between both zebras")
claims.add("coat that comes back, from CycleGAN's zebra: error over the mean coat's",
           coat_error["made zebra"] / coat_error["mean of all horses, no matter which"],
           at_most=0.5)
claims.add("the same, from the true partner",
           coat_error["true partner"] / coat_error["mean of all horses, no matter which"],
           at_least=0.85)
claims.add("the same with noise of 0.4, over without noise",
           by_noise["made zebra"][-2] / by_noise["made zebra"][0], at_least=1.5)

# %% [markdown]
# **The reading.** The true partner says nothing of the coat, as it should. The zebra that CycleGAN makes gives it away almost fully, to a linear function of its pixels. The last two rows of the figure show the letter arriving: both zebras stand for the same scene, yet each turns back into its own horse. Give $F$
# a true zebra, and what returns has a coat no better than a guess. So the cycle closes *because* of the secret. It would have been refuted had true partners served as well, or had the probe failed.
#
# Chu and others (2017) found this in maps made of aerial photographs: roads and roofs came back that the map didn't show, from a pattern too faint to see. Ours is cruder: one number for each picture, written into the tint of the stripes, at an amplitude that you see once you know of it. So it survives
# the 8 bits of a picture file and faint noise; it takes noise of about a fifth of the range to spoil it. Blurring does worse than a guess: it also takes the stripes from which $F$ sees where the animal is. A short training has such crude secrets; a
# discriminator that is trained for longer forces finer writing, it can't forbid it.
#
# This is not a flaw of training but of the question. Where a picture doesn't determine its partner, no unpaired training can know the partner, and the demand to return makes the network pretend.
#
# ## 4. From a sentence to a picture
#
# **The question.** A translation may begin from words. *a dark horse looks left on a cold morning* says what to draw, and leaves open how: place, pose, clouds. A conditional GAN gets the sentence and noise. What keeps it from drawing fine pictures
# of something else? A discriminator that sees only whether a picture is real won't mind. Reed and others (2016) show it three kinds of pairs, $t$ being the sentence of $x$ and $t'$ another one:
#
# $$\underbrace{(x, t)}_{\text{right}} \qquad \underbrace{(G(z, t), t)}_{\text{wrong: drawn}} \qquad \underbrace{(x, t')}_{\text{wrong: a real picture of something else}}$$
#
# There are twelve sentences here. **Two are never shown to the networks**, though each of their words is. Pictures have 16x16 pixels. A word is a vector, learned along with the rest; a sentence is the sum of its words. Their
# order is lost, which is no harm in sentences as simple as ours, and would be in *a horse chases a zebra*; Reed and others use a recurrent network.

# %%
KINDS, SIDES = ("chestnut horse", "dark horse", "zebra"), ("left", "right")
LIGHTS = ("cold morning", "warm evening")
sentences = [f"a {kind} looks {side} on a {light}"
             for kind in KINDS for side in SIDES for light in LIGHTS]
vocabulary = sorted({word for sentence in sentences for word in sentence.split()})
counts = np.array([[sentence.split().count(word) for word in vocabulary]
                   for sentence in sentences], "float32")  # (sentences, words)
unseen = [sentences.index(each) for each in ("a dark horse looks right on a cold morning",
                                             "a zebra looks left on a warm evening")]
seen = [number for number in range(len(sentences)) if number not in unseen]


# %%
def described(images, part, zebra):
    """Pictures of 16x16 pixels and their sentences' numbers, where one fits clearly."""
    clear = np.abs(part["warmth"]) > 0.3
    clear &= zebra | (np.abs(part["coat"] - 0.5) > 0.2)
    kind = np.full(len(images), 2) if zebra else part["coat"] > 0.5
    number = kind * 4 + (part["faces"] > 0) * 2 + (part["warmth"] > 0)
    small = images.reshape(-1, 16, 2, 16, 2, 3).mean(axis=(2, 4))
    return small[clear], number[clear].astype("int32")


def all_described(first, second):
    """Horses of the first heap and both animals of the second."""
    sets = (described(first["image"], first, False), described(second["image"], second, True),
            described(second["partner"], second, False))
    return [np.concatenate(each) for each in zip(*sets)]


pictures, numbers = all_described(horses, zebras)
test_pictures, test_numbers = all_described(test_horses, test_zebras)
print(f"{len(sentences)} sentences of {len(vocabulary)} words; {len(pictures)} pictures")

# %% [markdown]
# Who says whether a drawn picture fits its sentence? A classifier that was trained on real pictures of all twelve and takes no part in the game. Networks to draw and to judge follow lab 4; new is where the sentence enters.


# %%
keras.utils.set_random_seed(settings.seed)
witness, _ = nets.build_classifier(len(sentences), (16, 16, 3))
witness.compile(keras.optimizers.Adam(3e-3),
                keras.losses.SparseCategoricalCrossentropy(from_logits=True))
training.fit(witness, (pictures, numbers), batch=64, epochs=6, seed=settings.seed)
claims.add("witness: share of held-out real pictures whose sentence it names",
           np.mean(apply(witness, test_pictures).argmax(axis=1) == test_numbers), at_least=0.95)


def meaning(words):
    """The sum of the words' vectors: (n, words) -> (n, 16)."""
    return layers.Dense(16, use_bias=False)(words)


def build_drawer():
    """Noise (n, NOISE) and words (n, vocabulary) -> pictures (n, 16, 16, 3).

    Words are scaled down here: where they are as loud as in the matcher, noise is ignored.
    """
    noise, words = keras.Input((NOISE,)), keras.Input((len(vocabulary),))
    x = layers.Dense(4 * 4 * 64)(layers.Concatenate()([noise, meaning(words / 3)]))
    x = layers.Reshape((4, 4, 64))(layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x)))
    x = layers.Conv2DTranspose(32, 4, strides=2, padding="same")(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")(x)
    return keras.Model([noise, words], x)


def build_matcher():
    """Pictures and words -> logits (n, 1): real, and of this sentence?"""
    images, words = keras.Input((16, 16, 3)), keras.Input((len(vocabulary),))
    x = layers.LeakyReLU(0.2)(layers.Conv2D(32, 4, strides=2, padding="same")(images))
    x = layers.Conv2D(64, 4, strides=2, padding="same")(x)
    x = layers.LeakyReLU(0.2)(layers.BatchNormalization(momentum=0.9)(x))
    everywhere = layers.Reshape((4, 4, 16))(layers.RepeatVector(16)(meaning(words)))
    x = layers.LeakyReLU(0.2)(layers.Conv2D(64, 1)(layers.Concatenate()([x, everywhere])))
    return keras.Model([images, words], layers.Dense(1)(layers.Flatten()(x)))


# %%
def train_drawer(wrong_share):
    """The game of section 4; wrong_share: of wrong sentences among the wrong pairs."""
    keras.utils.set_random_seed(settings.seed)
    drawer, matcher = (new_player(network, TEXT_STEPS, TEXT_RATE)
                       for network in (build_drawer(), build_matcher()))
    known = np.isin(numbers, seen)
    images, places = tf.constant(pictures[known]), np.searchsorted(seen, numbers[known])
    places, bags = tf.constant(places, tf.int32), tf.constant(counts[seen])

    def matched(*pair):
        return matcher[0](list(pair), training=True)

    def step(number):
        x, place = draw(number, 0, TEXT_BATCH, images, places)
        key = tf.stack([settings.seed, 10 * number + 1])
        z = tf.random.stateless_normal((TEXT_BATCH, NOISE), key)
        shift = tf.random.stateless_uniform((TEXT_BATCH,), key, 1, len(seen), tf.int32)
        right, wrong = (tf.gather(bags, each % len(seen)) for each in (place, place + shift))
        with tf.GradientTape() as tape:
            made = drawer[0]([z, right], training=True)
            loss = tf.reduce_mean(tf.nn.softplus(-matched(made, right)))
        down(tape, loss, drawer)
        with tf.GradientTape() as tape:
            wrong_pairs = ((1 - wrong_share) * tf.nn.softplus(matched(made, right))
                           + wrong_share * tf.nn.softplus(matched(x, wrong)))
            loss = tf.reduce_mean(tf.nn.softplus(-matched(x, right)) + wrong_pairs)
        down(tape, loss, matcher)

    repeat(step, TEXT_STEPS)
    return drawer[0]


drawer = train_drawer(wrong_share=0.5)

# %%
noise = rng.standard_normal((50, NOISE)).astype("float32")
drawn = {number: drawer.predict([noise, np.repeat(counts[[number]], 50, axis=0)], verbose=0)
         for number in range(len(sentences))}
shown = [0, 5, *unseen, 11]
figure = picture_rows({sentences[number] + ("  (never seen)" if number in unseen else ""):
                       drawn[number] for number in shown}, height=5.6, count=12,
                      title="Sentences, drawn")
plots.show(figure, "Five rows of small rough pictures, each under its sentence: "
                   "animals on green ground under a sky, blue for cold mornings "
                   "and pale for warm evenings, heads to the side that the "
                   "sentence says. Within a row, brightness and shapes vary.")


# %%
def fits(number):
    """Shares of drawn pictures that fit their sentence: kind, side, light, all three."""
    named = apply(witness, drawn[number]).argmax(axis=1)
    parts = [named // 4 == number // 4, named // 2 % 2 == number // 2 % 2,
             named % 2 == number % 2, named == number]
    return np.mean(parts, axis=1)


fitting = {name: np.mean([fits(number) for number in group], axis=0)
           for name, group in (("ten seen sentences", seen), ("two unseen ones", unseen))}
chance = [1 / 3, 1 / 2, 1 / 2, 1 / 12]
variety = (np.mean([drawn[number].std(axis=0).mean() for number in seen])
           / np.mean([pictures[numbers == number].std(axis=0).mean() for number in seen]))
show_numbers({**fitting, "by chance": chance}, ["kind", "side", "light", "all three"],
             first="share of pictures that fit")
show_numbers({"drawn over real": [variety]}, ["spread of the pictures of one sentence"])
claims.add("seen sentences: share of pictures that fit in all three",
           fitting["ten seen sentences"][3], at_least=0.5)
claims.add("unseen sentences: share of sides and lights that fit",
           np.mean(fitting["two unseen ones"][1:3]), at_least=0.8)

# %% [markdown]
# **The reading.** Most pictures look to the side and have the light that their sentence names, also those of the two sentences that no network ever read: each word changed the picture in its own way during training, and the parts can be put together anew. The kind of animal is harder. A chestnut and a dark horse
# differ in a few pixels, and the table shows more mistakes there, most of all in unseen sentences; that column moves a lot from seed to seed (`docs/results.md`), and nothing is claimed of it for unseen sentences.
#
# The pictures are rough, and those of one sentence vary less than real ones, though noise is not ignored. In a trial with words three times as loud in the drawer and a higher rate, each sentence had nearly a single picture, and the classifier did not mind (`docs/results.md`): it is asked for the sentence only.
# That there are just twelve sentences makes this a miniature; what would refute the reading is a drawer that gives unseen sentences the wrong side or light.
#
# ## 5. Claims

# %%
claims.table()

# %% [markdown]
# ### Change this and look
# In `train_on_pairs`, multiply `PIXEL_WEIGHT` by 0.1, so the discriminator has more to say. Which of the three tasks changes most, and does its error rise or fall? Then train the drawer with `wrong_share=0`: nobody shows the matcher a
# real picture with a wrong sentence any more. Does the drawing still obey the sentence?
#
# ### To think about
# 1. A hospital turns pictures of one kind of scanner into those of another by CycleGAN, as no patient went through both. The pictures look perfect, and translating back gives the originals. What may a doctor conclude about a tumour in a translated picture?
#
# <details><summary>Answer</summary>Nothing from this. That the way back leads home says only that the information is somewhere in the picture, in whatever writing. Tumours can be painted in or out, as far as the two heaps differ in how many have one. It takes true pairs, if only a few, to measure it.</details>
#
# 2. Section 3 showed the coat in the stripes. Would a better discriminator forbid it?
#
# <details><summary>Answer</summary>It would forbid what it can see, and the secret would become fainter. A perfect one would leave no room: then the cycle error cannot go below what the unknown coat costs. The demand itself is at fault: a cycle makes sense where each picture determines its partner in both directions. Where it doesn't, give the way back a latent of its own, so the coat need not travel through the zebra (Zhu and others, 2017b; Almahairi and others, 2018).</details>
#
# 3. Why does the regressor answer with one brown for all zebras, and what would it answer if squares were minimized instead?
#
# <details><summary>Answer</summary>The median of the coats minimizes the mean absolute error, their mean the mean square. Both are one coat for all. Only a model that draws from the distribution of coats can give each of them its share: it needs noise, and a loss that makes it use the noise.</details>
#
# ### What the source lectures leave out
# - Lecture 004 says that with paired data translation would be a supervised learning problem. It is one that an error per pixel solves badly as soon as the input leaves something open; this is why pix2pix, which has pairs, is adversarial.
# - The same lecture explains cycle consistency as getting almost the original image back. Section 3 shows how a network gets it back: by writing down what the other domain can't show. A small cycle error is no proof of a right translation.
# - Lectures 002 and 004 date the birds drawn from sentences to Reed and others 2017. Both sentences are from figure 1 of the paper of 2016. How the sentence is enforced, by real pictures with wrong sentences, they don't say.
#
# ### Sources
# - P. Isola, J.-Y. Zhu, T. Zhou, A. A. Efros, *Image-to-image translation with conditional adversarial networks*, CVPR 2017, section 3: the losses, U-Net, patches, noise that is ignored.
# - J.-Y. Zhu, T. Park, P. Isola, A. A. Efros, *Unpaired image-to-image translation using cycle-consistent adversarial networks*, ICCV 2017, sections 3 and 5.2 (identity loss).
# - C. Chu, A. Zhmoginov, M. Sandler, *CycleGAN, a master of steganography*, 2017: aerial photographs hidden in maps.
# - J.-Y. Zhu and others, *Toward multimodal image-to-image translation*, NeurIPS 2017 (2017b above); A. Almahairi and others, *Augmented CycleGAN*, ICML 2018: latents for what the input leaves open.
# - S. Reed and others, *Generative adversarial text to image synthesis*, ICML 2016, section 4.2: the matching-aware discriminator.
# - O. Ronneberger, P. Fischer, T. Brox, *U-Net*, MICCAI 2015.
#
# **Next:** [Lab 5](../labs/lab5_cyclegan.ipynb) has you build CycleGAN as it was published, and take it apart.
