"""Base models with torch: fetched, converted, loaded, quantized, adapted.

    folder = pull(resolve_source("smollm2-135m-instruct", here), progress=print)
    model = add_adapter(load_base(folder, dtype="bfloat16", device="cpu", quantization=None), plan.adapter, seed=42)

*Not here:* what a model is called and how its prompts look (lfine.finetune.catalogue), training (lfine.finetune.train).
"""
