"""The table of problem codes, from which docs/reference/errors.md is generated.

    CODES["LF103"] == Code("unknown-key", "a key that no task file has", "it would be ignored in silence …", …)

*Not here:* the checks that raise them. A code's name says what is flagged, never the cure.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """One kind of problem; the four texts are the sections of its reference page."""

    name: str
    """Kebab-case name of what is flagged."""
    what: str
    """What the check looks at, in one sentence."""
    why: str
    """Why it is bad, in one sentence."""
    example: str
    """An input that is flagged, or the situation in words."""
    instead: str
    """What to write or do instead."""


# fmt: off
CODES: dict[str, Code] = {
    # LF1xx shape: the file and its schema
    "LF101": Code("missing-key", "A required key is absent.", "The task cannot be compiled without it.", "a file without `base_model`", "add the key"),
    "LF102": Code("wrong-type", "A value has another type than its key asks for.", "A quoted number or a list in place of a text fails late, or silently means something else.", 'r: "16"', "r: 16"),
    "LF103": Code("unknown-key", "A key that the task language does not have.", "A misspelt key that is ignored costs hours of training with a default value.", "learning_rte: 0.001", "learning_rate: 0.001"),
    "LF104": Code("not-allowed-value", "A text that is not one of the values its key allows.", "It would have to be guessed.", "quantization: {bits: 5}", "quantization: {bits: 4}"),
    "LF105": Code("out-of-range", "A number outside the range that makes sense for its key.", "Training would fail or diverge after the model has loaded.", "epochs: -3", "epochs: 3"),
    "LF106": Code("duplicate-key", "The same key stands twice in one mapping.", "YAML readers keep one of the two without a word.", "r: 8 … r: 16", "keep one of them"),
    "LF107": Code("yaml-syntax", "The text is not YAML.", "Nothing after the place can be trusted.", "a tab used for indentation", "indent with spaces"),
    "LF108": Code("unreadable-file", "The task file is missing, a directory, empty, too large or not UTF-8.", "There is nothing to read.", "lfine validate no/such.yaml", "name a file that exists"),
    "LF109": Code("several-documents", "The file holds more than one YAML document.", "Only one of them could be the task.", "a second `---`", "one file for each task"),
    "LF110": Code("yaml-bomb", "Aliases or nesting expand to more than a task could need.", "A small file could fill the memory of the machine.", "nine levels of aliases of aliases", "write the values out"),
    "LF111": Code("bad-override", "A `--set` that is not `key.path=value`, or whose key does not exist.", "It would be ignored in silence.", "--set trainer.epoch=3", "--set trainer.epochs=3"),
    "LF112": Code("bad-pattern", "A text that does not have the form its key asks for.", "It would have to be guessed.", "max_sequence_length: p300", "max_sequence_length: p95"),
    "LF113": Code("yaml-feature", "A tag, a merge key or a key that is not a plain text.", "Readers of YAML disagree about them, and a tag can stand for code.", "<<: *defaults", "write the keys out"),
    "LF114": Code("repeated-item", "A list holds the same item twice.", "A label or metric that is counted twice gives a wrong score.", "labels: [yes, no, yes]", "labels: [yes, no]"),
    "LF115": Code("bad-command-line", "The arguments of a command cannot be understood.", "It would do something else than meant.", "lfine evaluate without a task", "lfine COMMAND --help"),
    "LF116": Code("nothing-done", "Several tasks were given and none succeeded.", "There is no result to go on with.", "three tasks with three mistakes", "mend the problems printed above it"),
    # LF2xx sense: keys that contradict each other or the header of the data
    "LF201": Code("unknown-column", "The task names a column that the data do not have.", "Training would stop when the first prompt is rendered.", "template: '{qestion}'", "template: '{question}'"),
    "LF202": Code("output-in-template", "The prompt template contains the output column.", "The model would read the answer before giving it.", "template: 'Label: {label}' with output_feature: label", "leave the column out of the template"),
    "LF203": Code("bad-template", "The template's braces do not pair, or a placeholder is empty.", "A literal brace must be doubled.", "template: '{\"a\": 1}'", "template: '{{\"a\": 1}}'"),
    "LF204": Code("metric-for-other-type", "A metric that does not fit the type of the output.", "Its value would mean nothing.", "metrics: [confusion] for a text output", "metrics: [rouge]"),
    "LF205": Code("quantization-without-adapter", "4-bit or 8-bit weights without an adapter.", "Quantized weights cannot be trained.", "adapter: null with quantization: {bits: 4}", "adapter: {type: lora}"),
    "LF206": Code("both-given", "Two keys that exclude each other are both given.", "One of them would be ignored in silence.", "epochs: 3 and train_steps: 100", "keep one of them"),
    "LF207": Code("system-without-chat", "A system text, but prompts are not written as a chat.", "The model would never see the text.", "prompt: {system: …, chat: none}", "put the text into the template"),
    "LF208": Code("template-without-column", "The template names no column.", "Every example would have the same prompt.", "template: 'Answer the question.'", "template: 'Answer the question: {question}'"),
    "LF209": Code("unknown-metric", "A metric that lfine does not have.", "There would be no score at the end of the run.", "metrics: [acuracy]", "metrics: [accuracy]"),
    "LF210": Code("no-headline-metric", "None of the metrics gives a number.", "Two models could not be compared.", "metrics: [confusion]", "metrics: [accuracy, confusion]"),
    "LF215": Code("unknown-model", "`base_model` names no catalogue model, no local folder or .gguf file, and is no hub id.", "There would be nothing to fetch.", "base_model: smollm2", "base_model: smollm2-135m-instruct"),
    # LF3xx data
    "LF301": Code("missing-data", "The data file is missing, empty or a directory.", "There is nothing to train on.", "dataset: {path: no.csv}", "name a file that exists"),
    "LF302": Code("unreadable-data", "The data file cannot be read in the format that its name says.", "Rows would be lost.", "a .json file cut in the middle", "write the file anew"),
    "LF303": Code("empty-answer", "A row of a needed split has no answer in the output column.", "There would be nothing to learn or to score.", "a blank label", "fill the cell or remove the row"),
    "LF304": Code("unknown-split-value", "The split column holds a value that means no split.", "The row's side would have to be guessed.", "split: dev", "train, validation, test, or 0, 1, 2"),
    "LF305": Code("empty-split", "A split that is needed has no row.", "There is nothing to train on, or nothing to score.", "no row with split = test", "give the split some rows"),
    "LF306": Code("small-held-out", "Fewer held-out rows than `evaluation.sample_size`.", "The interval of the score is wider than asked for.", "sample_size: 1000 with 300 test rows", "all of them are used; or lower sample_size"),
    "LF307": Code("no-learned-token", "A training row without a token to learn.", "It would add nothing to the loss, in silence.", "an answer of which nothing is left", "mend or remove the row"),
    "LF308": Code("row-too-long", "Training rows that do not fit even when their longest column is cut.", "They are left out, and the model never sees them.", "an answer longer than max_sequence_length", "a larger preprocessing.max_sequence_length"),
    "LF309": Code("unknown-label", "An answer that is not one of `output_feature.labels`.", "It would be learned as a label of its own.", "labels: [a, b] and a row with c", "add the label or mend the row"),
    "LF310": Code("bad-predictions", "A predictions file whose rows do not match the held-out rows.", "Answers would be scored against the wrong question.", "a row_id that is not in the sample", "row ids as in predictions.jsonl"),
    "LF311": Code("row-index", "A column that holds no content but the row numbers that pandas wrote.", "Row numbers change when rows are added, and with them what is held out.", "a CSV file whose header begins with a comma", "df.to_csv(path, index=False)"),
    "LF312": Code("unknown-row", "A row id that no row of the kind that is asked for has.", "Another row would be shown than meant.", "lfine preview --row 9999", "ids are 0-based positions in the data as read"),
    "LF313": Code("empty-prompt", "A row whose prompt has no token.", "A model cannot be asked nothing.", "template '{q}' with chat none and an empty cell", "words of your own in the template"),
    # LF4xx environment
    "LF401": Code("missing-extra", "A library that the command needs is not installed.", "The plain install is light on purpose.", "lfine train without torch", "pip install 'lfine[train]'"),
    "LF402": Code("missing-model", "The base model is not here and cannot be fetched.", "There is nothing to adapt.", "a hub id without network", "lfine models pull NAME"),
    "LF403": Code("no-device", "The device that the task asks for is not on this machine.", "Training would start somewhere else, slower.", "device: cuda without a GPU", "trainer.device: auto"),
    "LF404": Code("out-of-memory", "The machine's memory does not hold the run.", "The run would be ended half way.", "CUDA out of memory", "a smaller trainer.micro_batch_size"),
    "LF405": Code("no-disk", "A file could not be written.", "What the run made would be lost.", "a full disk", "make room and resume"),
    "LF406": Code("bad-checksum", "A fetched file is not the one that was expected.", "Another model would give other scores.", "a damaged download", "remove the file and fetch it again"),
    "LF407": Code("unreadable-model", "The base model's folder lacks a file or holds a damaged one.", "It cannot be loaded.", "a folder without config.json", "fetch the model again"),
    "LF408": Code("unreachable-hub", "A data set of a hub that is not cached here, and the hub does not answer.", "There is nothing to train on.", "dataset: {hub: ag_news} without network", "go online once, or save the rows to a file and use dataset.path"),
    # LF5xx run
    "LF501": Code("no-run", "No finished run where one is needed.", "There is no adapter to score.", "lfine evaluate before lfine train", "lfine train TASK"),
    "LF502": Code("other-task", "The run folder belongs to another task or another plan.", "Its numbers would be read as this task's.", "--run of another task", "name a run of this task"),
    "LF503": Code("unreadable-adapter", "The adapter folder is incomplete or damaged.", "It cannot be loaded onto the base model.", "adapter_model.safetensors cut short", "train again, or take a checkpoint"),
    "LF504": Code("loss-not-finite", "The loss became infinite or not a number.", "Every later step would be wasted.", "a learning rate of 10", "a lower trainer.learning_rate"),
    "LF505": Code("damaged-run-file", "A file of the run folder is damaged or of another version.", "Numbers read from it could not be trusted.", "scores.json cut short", "run the stage before it again"),
    "LF506": Code("prompt-changed", "The prompt that the adapter was trained with is not the one it would be asked with.", "Scores fall by tens of points without a word.", "a template edited after training", "train again, or restore the template"),
    "LF507": Code("interrupted", "Ctrl-C or SIGTERM ended the command.", "There is no result yet.", "Ctrl-C during training", "the command that the message shows goes on where it was stopped"),
    "LF508": Code("internal-error", "lfine itself failed.", "It is a bug, not something that the task or the machine did.", "exit code 70, with a traceback", "report it with the traceback"),
}
# fmt: on
"""Every code, in order, one a line. Later checks append to their own hundred."""
