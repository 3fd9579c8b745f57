"""Images from text: fewer denoising steps."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

FEW = ("turbo", "lcm", "schnell", "lightning", "hyper", "tcd", "sprint", "dmd")
TARGET = 20  # enough for the multistep solvers


@rule(
    "diffusion_steps",
    speaks={
        "phase": "inference",
        "framework": "diffusers",
        "task": "text-to-image",
        "model": {"id": "stabilityai/stable-diffusion-xl-base-1.0"},
        "gen": {"num_inference_steps": 50, "calls": 40},
        "run": {"duration_s": 400, "energy_wh": 65},
    },
    silent={
        "phase": "inference",
        "framework": "diffusers",
        "task": "text-to-image",
        "model": {"id": "stabilityai/sdxl-turbo"},
        "gen": {"num_inference_steps": 50, "calls": 40},
        "run": {"duration_s": 400, "energy_wh": 65},
    },
)
def diffusion_steps(case: Case) -> Proposal:
    """A diffusion pipeline at 30 steps or more, not one made for few steps."""
    case.need(now.phase(case) == "inference", "the cell did not generate images")
    case.need(not now.remote(case), "the model is a hosted one")
    diffuses = now.framework(case) == "diffusers" or now.task(case) == "text-to-image"
    case.need(diffuses, "it is no diffusion pipeline")
    steps = case.known("gen.num_inference_steps")
    case.need(steps >= 30, "it takes few steps already")
    scheduler = case.text("gen.scheduler")
    names = f"{case.text('model.id')} {scheduler} {now.names_of(case)}".lower()
    case.need(not any(mark in names for mark in FEW), "the model is made for few steps already")
    solver = "flow" in names or "flux" in names or "stable-diffusion-3" in names
    fewer = 25 if solver else TARGET
    saving = 1 - fewer / steps
    other = "" if solver or "multistep" in names else " with the DPM++ scheduler"
    lines = (
        ""
        if not other
        else "from diffusers import DPMSolverMultistepScheduler\n\n"
        "pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)\n"
    )
    return Proposal(
        title=f"Take {fewer} steps instead of {steps:.0f}",
        text=(
            f"{words.spent(case)}Every image took {steps:.0f} denoising steps, and energy is in "
            f"line with them. About {fewer}{other} usually look the same."
        ),
        caveat="Compare a few images with the same seed; below 15 steps detail is lost.",
        snippet=f"{lines}image = pipe(prompt, num_inference_steps={fewer}).images[0]",
        saving=(0.6 * saving, saving, max(saving, 0.95)),
        ease=0.9,
    )
