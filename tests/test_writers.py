"""Writers: against plain NumPy, on planted neurons, on noise; columns of real architectures."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import binom

from catalog import writers
from catalog.model import loading
from catalog.model import writers as columns
from catalog.model.recording import recording
from catalog.sites import Site
from tests import models

CPU = torch.device("cpu")
DIMS, NEURONS = 96, 1500


def gaussian(seed=0, dims=DIMS, neurons=NEURONS):
    return np.random.default_rng(seed).normal(size=(dims, neurons)).astype(np.float32)


def signed(weights):
    return np.sign(weights).astype(np.int8)


def plain(weights, pi, choosing, count):
    """The coalition in plain NumPy, neuron by neuron; ties share the last places."""
    dims = len(pi)
    right = [[1 if np.sign(weights[d, i]) == pi[d] else -1 for d in range(dims)] for i in range(10**9) if i < weights.shape[1]]
    return right


def test_agreement_is_the_share_of_signs_that_match():
    weights, pi = gaussian(neurons=40), np.random.default_rng(1).choice([-1, 1], DIMS)
    dims = np.random.default_rng(2).permutation(DIMS)[:70]
    found = writers.match(signed(weights), dims, pi[dims])
    expected = [np.mean(np.sign(weights[dims, i]) == pi[dims]) for i in range(40)]
    np.testing.assert_allclose(writers.agreements(found), expected)
    np.testing.assert_allclose(
        writers.strength(found), [max(a, 1 - a) for a in expected]
    )
