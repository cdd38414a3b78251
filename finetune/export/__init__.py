"""What leaves the house: merged weights, adapters that servers take, and the proof that they answer as the run did.

    merging.py         a model and its adapter → plain weights, in float32 layer by layer, then rounded
    model_folder.py    plain weights → a folder that from_pretrained loads
    adapter_folder.py  a run's adapter → one of a single rank and scale, for the base model by its public name
    serving.py         what vLLM and LoRAX do not take of an adapter
    drift.py           how far an exported model's answers and probabilities are from the adapter's
    uploading.py       a folder → the model hub

*Not here:* finding the run, its rows and its scores (lfine.exporting), the model card (lfine.model_card).
"""
