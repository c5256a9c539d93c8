"""Policy gradients: a baseline from the other samples, PPO's clip, two estimates of how far a model has moved.

And where such a run may be saved.
"""

from __future__ import annotations


def leave_one_out(rewards):
    """How much better each sample did than the mean of the other samples of its prompt.

    Shapes:
        rewards: (prompts, G), G >= 2 samples of each; returns the advantages in the same shape.
    Source: Kool et al. 2019, "Buy 4 REINFORCE Samples, Get a Baseline for Free!"; Ahmadian et al. 2024,
        arXiv:2402.14740 (with language models).
    """
    samples = rewards.shape[1]
    others = (rewards.sum(dim=1, keepdim=True) - rewards) / (samples - 1)
    return rewards - others


def clipped_loss(logps, old_logps, advantages, epsilon=0.2):
    """PPO's loss for samples drawn a little earlier: nothing is gained by leaving ``1 +- epsilon``.

    The ratio says how much likelier a sample has become since it was drawn. Where it has moved in the advantage's
    direction by more than ``epsilon``, the gradient is zero.

    Args:
        epsilon: How far the ratio may go from 1, without unit.
    Shapes:
        logps, old_logps, advantages: (N,), nats for the first two; returns a scalar.
    Source: Schulman et al. 2017, arXiv:1707.06347, equation 7.
    """
    import torch

    ratio = (logps - old_logps).exp()
    held = ratio.clamp(1 - epsilon, 1 + epsilon)
    return -torch.min(ratio * advantages, held * advantages).mean()


def plain_kl(logps, reference):
    """The plain log ratio of each sampled token, in nats: right on the mean, and of either sign for one token.

    Shapes:
        logps, reference: (N,), the log-chances of tokens that were drawn from the model; returns (N,).
    """
    return logps - reference


def positive_kl(logps, reference):
    """The always-positive estimate: ``r - 1 - log r`` with ``r = reference / model``. Its mean is the same KL.

    Shapes:
        logps, reference: (N,), the log-chances of tokens that were drawn from the model; returns (N,).
    Source: Schulman 2020, "Approximating KL Divergence", joschu.net/blog/kl-approx.html.
    """
    log_ratio = reference - logps
    return log_ratio.exp() - 1 - log_ratio


def token_logps(model, input_ids, attention_mask, new):
    """The log-chance that a model gives to each of the last ``new`` tokens, in nats.

    Args:
        new: How many tokens at the end are the reply, padding on its right included.
    Shapes:
        input_ids, attention_mask: (B, T), prompts padded on the left; returns (B, new).
    """
    import torch

    out = model(input_ids=input_ids, attention_mask=attention_mask, logits_to_keep=new + 1)
    logps = out.logits[:, :-1].float().log_softmax(-1)  # (B, new, V): the logits before each of them
    return torch.gather(logps, -1, input_ids[:, -new:, None])[..., 0]


def check_boundary(args) -> None:
    """Raises a ``ValueError`` unless every checkpoint falls where new replies are about to be drawn.

    trl's RLOO and GRPO draw the replies of several steps at once and keep them in memory alone. A run that goes on from
    a checkpoint draws anew first: between two drawings it would leave out replies that the quiet run learns from, and
    end in other weights without a word.

    Args:
        args: An ``RLOOConfig`` or ``GRPOConfig``.
    """
    draws_every = args.steps_per_generation * args.num_iterations  # in batches; a step takes the accumulated ones
    if args.save_strategy != "steps" or args.save_steps * args.gradient_accumulation_steps % draws_every == 0:
        return
    raise ValueError(
        f"save_steps: expected checkpoints where replies are drawn, every {draws_every} batches, found one every "
        f"{args.save_steps * args.gradient_accumulation_steps:g}. Take a multiple, else a resumed run ends otherwise."
    )
