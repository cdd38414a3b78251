"""What is known of base models without torch: names, families, shapes, tokenizers, chat templates, the one renderer.

    source = resolve_source("smollm2-135m-instruct", here)      folder = needed_folder(source)
    card = read_card(folder)                                    tokenizer = read_tokenizer(folder)
    Renderer(template="Label: {text}", system=None, chat="auto", tokenizer=tokenizer)

*Not here:* weights (lfine.finetune.models).
"""
