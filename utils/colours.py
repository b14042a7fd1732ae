"""Colour as a grey picture and what it lacks: red, green and blue to luma and two differences.

    picture = luma_and_chroma(image)  # (..., 3): Y, B - Y, R - Y
    image = red_green_blue(picture)

The map is linear, so an average of pictures is the same in either form, and grey is (Y, 0, 0). Luma
is the grey of television and JPEG. The L of Lab is another grey: two colours of equal luma can
differ in it.
"""

import numpy as np

LUMA = (0.299, 0.587, 0.114)  # shares of red, green and blue; ITU-R BT.601, section 2.5.1


def luma_and_chroma(images):
    """Red, green and blue in [0, 1], (..., 3), to (Y, B - Y, R - Y), (..., 3), same float dtype.

    Y lies in [0, 1], B - Y in [-0.886, 0.886], R - Y in [-0.701, 0.701]. Source: ITU-R BT.601,
    section 2.5 (before the scaling of the differences).
    """
    images = np.asarray(images)
    luma = images @ np.asarray(LUMA, images.dtype)
    return np.stack([luma, images[..., 2] - luma, images[..., 0] - luma], axis=-1)


def red_green_blue(pictures):
    """The inverse of `luma_and_chroma`; values outside [0, 1] are not cut off."""
    luma, blue_less, red_less = np.moveaxis(np.asarray(pictures), -1, 0)
    red, blue = luma + red_less, luma + blue_less
    green = (luma - LUMA[0] * red - LUMA[2] * blue) / LUMA[1]
    return np.stack([red, green, blue], axis=-1)
