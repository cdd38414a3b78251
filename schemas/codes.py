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
    "LF117": Code("fragment", "A fragment (its name begins with `_`) where a whole task is needed.", "It lacks keys that the tasks which extend it have.", "lfine train _base.yaml", "name a task that extends it"),
    "LF118": Code("extends-chain", "Files that extend each other in a circle, or in a longer chain than anybody can follow.", "There is no first file to begin with.", "a.yaml extends b.yaml, which extends a.yaml", "remove one `extends`"),
    "LF130": Code("not-expressible", "The task asks for something that the chosen target cannot express at all.", "The files written for it would train something else.", "lfine compile --target trl with prompt.messages", "--target native"),
    "LF131": Code("unknown-config", "A file that `lfine init --from` does not know the form of.", "Its keys would have to be guessed.", "a configuration of a classifier", "a Ludwig config with model_type: llm, or a file with prompt_template and target_col"),
    "LF132": Code("would-overwrite", "A file that a command would write exists already.", "What stands in it would be lost.", "lfine init --out task.yaml twice", "--out with another name"),
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
    "LF211": Code("metric-parameter", "A parameter that its metric does not take, or that lacks its partner.", "It would be ignored in silence, or the score would mean something else.", "metrics: [{name: rouge, average: macro}]", "metrics: [{name: f1, average: macro}]"),
    "LF212": Code("no-prompt", "Neither `prompt.template` nor `prompt.messages` is given.", "There would be nothing to ask the model.", "prompt: {system: Be brief.}", "prompt: {template: 'Question: {question}'}"),
    "LF213": Code("no-output", "No `output_feature`, and the prompt is a template.", "There would be nothing to learn.", "a file with prompt.template and without output_feature", "output_feature: answer"),
    "LF215": Code("unknown-model", "`base_model` names no catalogue model, no local folder or .gguf file, and is no hub id.", "There would be nothing to fetch.", "base_model: smollm2", "base_model: smollm2-135m-instruct"),
    "LF216": Code("examples-with-messages", "Few-shot examples beside `prompt.messages`.", "Examples are shown before a question, and a conversation has many.", "prompt: {messages: messages, examples: {count: 3}}", "remove `examples`, or write a template"),
    "LF217": Code("loss-on-ignored", "`prompt.loss_on` without `prompt.messages`.", "A template has one answer and always learns it; the key would be ignored in silence.", "prompt: {template: '{q}', loss_on: last}", "remove `loss_on`"),
    "LF219": Code("example-seed-ignored", "A seed for examples that are not drawn.", "It would be ignored in silence.", "examples: {count: 2, row_ids: [4, 8], seed: 7}", "examples: {count: 2, seed: 7}"),
    "LF220": Code("no-rows", "The dataset names neither a file nor a hub data set.", "There would be nothing to train on.", "dataset: {test: t.csv}", "dataset: {path: reviews.csv}"),
    "LF221": Code("hub-key-without-hub", "`dataset.name` or `dataset.revision` without `dataset.hub`.", "A file has neither; the key would be ignored in silence.", "dataset: {path: a.csv, revision: v1}", "dataset: {hub: GEM/viggo, revision: v1}"),
    "LF222": Code("files-beside-all-rows", "A validation or test file beside `dataset.path` or `dataset.hub`.", "Those hold the rows of every split already.", "dataset: {path: a.csv, test: t.csv}", "dataset: {train: a.csv, test: t.csv}"),
    "LF223": Code("checksum-without-file", "`dataset.sha256` without `dataset.path`.", "It is the hash of that one file; of another source nothing would be checked.", "dataset: {hub: GEM/viggo, sha256: e3b0…}", "dataset: {hub: GEM/viggo, revision: COMMIT}"),
    "LF225": Code("same-file-twice", "The same file is named for two splits.", "The model would be scored on rows that it has learned.", "dataset: {train: a.csv, test: a.csv}", "dataset: {path: a.csv}"),
    "LF226": Code("column-without-step", "An entry of `dataset.columns` that says nothing to do.", "The column would stay as it is.", "columns: {label: {}}", "columns: {label: {from: target}}"),
    "LF230": Code("labels-of-other-type", "Labels for an output that is no category.", "Nothing would look at them.", "output_feature: {name: y, type: text, labels: [a, b]}", "output_feature: {name: y, type: category, labels: [a, b]}"),
    "LF231": Code("schema-without-json", "`output_feature.schema` for an output whose type is not json.", "Nothing would look at it.", "output_feature: {name: y, schema: y.json}", "output_feature: {name: y, type: json, schema: y.json}"),
    "LF232": Code("labels-alike", "Two labels that differ in capitals or white space only.", "An answer is compared without regard to them, so the score could not tell the labels apart.", "labels: [Yes, yes]", "labels: [yes, no]"),
    "LF233": Code("label-begins-another", "A label with which another label begins, and answers that are taken as they come.", "An answer that is cut or goes on a little is taken for the other label.", "labels: [positive, positive-ish]", "extract: label, or constrain: labels"),
    "LF234": Code("blanks-around-label", "A label that begins or ends with white space.", "Answers are stripped before they are compared, so none could ever be right.", "labels: ['yes ', 'no']", "labels: [yes, no]"),
    "LF235": Code("split-column-ignored", "A column for a split that is made without one.", "It would be ignored in silence.", "split: {type: hash, column: fold}", "split: {type: fixed, column: fold}"),
    "LF236": Code("shares-ignored", "Shares of train, validation and test where a column says the split.", "They would be ignored in silence.", "split: {type: fixed, probabilities: [0.8, 0.1, 0.1]}", "split: {type: hash, probabilities: [0.8, 0.1, 0.1]}"),
    "LF237": Code("split-seed-ignored", "A seed for a split that draws nothing.", "It would be ignored in silence.", "split: {type: fixed, seed: 7}", "split: {type: hash, seed: 7}"),
    "LF238": Code("split-without-column", "A split by group or by time without its column.", "There would be nothing to go by.", "split: {type: group}", "split: {type: group, column: customer}"),
    "LF239": Code("shares-not-one", "Shares of train, validation and test that do not add up to 1.", "Rows would be lost, or counted twice.", "probabilities: [0.8, 0.1, 0.2]", "probabilities: [0.8, 0.1, 0.1]"),
    "LF240": Code("conversation-without-chat", "Whole conversations, but no chat template to write them with.", "The model could not tell who says what.", "prompt: {messages: messages} with a model without chat template", "a model with a chat template, or prompt.template"),
    "LF241": Code("revision-without-hub", "A revision is given twice, or for a model that does not come from a hub.", "It would be ignored in silence.", "base_model: {id: ./my-model, revision: main}", "base_model: ./my-model"),
    "LF242": Code("code-not-allowed", "The task asks to run code that comes with the model, and the command line does not allow it.", "A task file from elsewhere could run any program.", "base_model: {id: org/name, trust_remote_code: true}", "read the model's code, then add --allow-code"),
    "LF243": Code("whole-modules-saved", "`adapter.modules_to_save` names layers.", "They are saved whole, and servers of many adapters refuse such an adapter.", "modules_to_save: [lm_head]", "target_modules: all-linear"),
    "LF244": Code("trained-biases", "`adapter.bias` trains biases of the base model.", "The adapter then changes more than its own matrices: servers refuse it, and taking it off does not give the base model back.", "bias: all", "bias: none"),
    "LF245": Code("pattern-without-module", "`rank_pattern` or `alpha_pattern` names a layer that `target_modules` does not adapt.", "It would be ignored in silence.", "target_modules: [q_proj] with rank_pattern: {v_proj: 16}", "target_modules: [q_proj, v_proj]"),
    "LF246": Code("unusual-scale", "The update's scale (alpha/r, with rslora alpha/sqrt(r)) is below 0.2 or above 8.", "The update hardly counts, or training diverges; such a scale is rarely meant.", "r: 64 with alpha: 8", "alpha: 128, or none given: twice the rank"),
    "LF247": Code("high-dropout", "More than half of the adapter's inputs are dropped.", "Little is left to learn from; 50 in place of 0.05 reads alike.", "dropout: 0.9", "dropout: 0.05"),
    "LF248": Code("init-ignored", "First values for an adapter that goes on from another one.", "The other adapter's weights are taken; the key would be ignored in silence.", "adapter: {from: runs/a, init_lora_weights: gaussian}", "adapter: {from: runs/a}"),
    "LF249": Code("module-twice", "A layer is named in `target_modules` and in `modules_to_save`.", "It would be adapted and trained whole at once.", "target_modules: [q_proj] with modules_to_save: [q_proj]", "one of the two"),
    "LF250": Code("unknown-module", "`adapter.target_modules` names a layer that models of this family do not have.", "It would be ignored, or nothing be adapted at all.", "target_modules: [c_attn] for a Llama model", "target_modules: [q_proj, v_proj]"),
    "LF251": Code("long-warmup", "The learning rate rises over more than half of the updates.", "Most of the run is spent below the rate that was asked for; 3 in a hundred is usual.", "warmup_fraction: 0.8", "warmup_fraction: 0.03"),
    "LF252": Code("micro-batch-above-batch", "More examples at once than an update has.", "The smaller number counts.", "batch_size: 4 with micro_batch_size: 8", "micro_batch_size: auto"),
    "LF253": Code("interval-beyond-run", "An evaluation or checkpoint after more updates than the run has.", "It would never come.", "train_steps: 100 with steps_per_evaluation: 500", "steps_per_evaluation: 10"),
    "LF254": Code("no-validation-rows", "Something is decided by validation rows, and the task has none.", "There would be nothing to decide it by.", "early_stop: 3 with dataset: {train: a.csv}", "dataset: {train: a.csv, validation: b.csv}"),
    "LF255": Code("selection-without-sample", "`trainer.save_best_by` is a metric, and no validation row is answered.", "There would be no value to choose by.", "save_best_by: accuracy without evaluation_sample", "evaluation_sample: 100"),
    "LF256": Code("unknown-selection", "`trainer.save_best_by` is no value of the task's metrics.", "There would be no value to choose by.", "save_best_by: rougeL with metrics: [accuracy]", "save_best_by: accuracy"),
    "LF257": Code("stop-that-never-comes", "`trainer.early_stop` waits for more evaluations than the run has.", "It could never stop the run.", "early_stop: 20 with ten evaluations", "early_stop: 3"),
    "LF258": Code("optimizer-constant-ignored", "A constant that this optimizer does not have.", "It would be ignored in silence.", "optimizer: {type: adamw, momentum: 0.9}", "optimizer: {type: adamw, betas: [0.9, 0.95]}"),
    "LF259": Code("unusual-learning-rate", "A learning rate far from those that work for this kind of training.", "Training diverges, or learns next to nothing; a power of ten is easily missed.", "learning_rate: 2 with an adapter", "learning_rate: 2e-4"),
    "LF260": Code("paging-without-gpu", "A paged optimizer on a device that has no pages to swap.", "Paging moves state between a GPU and the machine's memory; here it does nothing.", "optimizer: paged_adamw with device: cpu", "optimizer: {type: adamw}"),
    "LF261": Code("float16-on-cpu", "Computation in float16 on a processor.", "Processors multiply it slowly, and small gradients become 0.", "dtype: float16 with device: cpu", "dtype: auto"),
    "LF262": Code("many-epochs", "More than a hundred passes over the training rows.", "Models learn such rows by heart; a number of updates is `train_steps`.", "epochs: 1000", "train_steps: 1000"),
    "LF263": Code("sampling-key-ignored", "A key that says how tokens are drawn, with temperature 0.", "Decoding is greedy then, and the key would be ignored in silence.", "generation: {top_p: 0.9}", "generation: {temperature: 0.7, top_p: 0.9}"),
    "LF264": Code("stop-in-label", "A stop text that occurs in a label.", "That label could never be answered in full.", "stop: [' '] with labels: [not sure, sure]", "stop: [\"\\n\"]"),
    "LF265": Code("label-constraint-without-labels", "`constrain: labels` for an output that is no category.", "There are no labels to choose from.", "constrain: labels with type: text", "output_feature: {name: y, type: category}"),
    "LF266": Code("schema-constraint-without-schema", "`constrain: json_schema` without `output_feature.schema`.", "There is no schema to satisfy.", "constrain: json_schema with type: text", "output_feature: {name: y, type: json, schema: y.json}"),
    "LF267": Code("answer-beyond-sequence", "Answers may be longer than the longest training example.", "The model has never learned at such positions; one of the numbers is a slip.", "max_new_tokens: 1024 with max_sequence_length: 512", "max_new_tokens: 64"),
    "LF268": Code("drawn-labels", "The label of a category is drawn at a temperature.", "The same model gets another score with another seed.", "type: category with temperature: 0.7", "temperature: 0"),
    "LF269": Code("penalized-repetition", "A penalty for repeated tokens where answers must repeat them.", "Labels stand in the prompt, and SQL and JSON repeat their words: the right answer is made less likely.", "type: sql with repetition_penalty: 1.2", "repetition_penalty: 1"),
    "LF270": Code("extract-without-pattern", "`extract: regex` without its pattern.", "There is nothing to look for.", "extract: {type: regex}", "extract: {type: regex, pattern: 'Answer: (.*)'}"),
    "LF271": Code("extract-without-field", "`extract: json_field` without its field.", "There is nothing to look for.", "extract: {type: json_field}", "extract: {type: json_field, field: answer}"),
    "LF272": Code("extract-key-ignored", "A pattern or field for a kind of extraction that takes none.", "It would be ignored in silence.", "extract: {type: label, pattern: 'a.*'}", "extract: label"),
    "LF273": Code("bad-regular-expression", "A pattern that is no regular expression.", "Scoring would stop at the first answer.", "pattern: 'Answer: (.*'", "pattern: 'Answer: (.*)'"),
    "LF274": Code("label-extraction-of-other-type", "`extract: label` for an output that is no category.", "There are no labels to look for.", "extract: label with type: text", "extract: first_line"),
    "LF275": Code("tfidf-of-other-type", "The baseline tfidf for an output that is no category.", "It chooses between labels.", "baselines: [tfidf] with type: text", "baselines: [majority]"),
    "LF276": Code("few-shot-count-ignored", "`evaluation.few_shot_examples` without the baseline few_shot.", "It would be ignored in silence; examples in the model's own prompts are `prompt.examples`.", "few_shot_examples: 5 without baselines", "baselines: [few_shot]"),
    "LF277": Code("few-shot-of-conversations", "The baseline few_shot for conversations.", "Examples are shown before a question, and a conversation has many.", "baselines: [few_shot] with prompt.messages", "baselines: [base]"),
    "LF278": Code("score-on-selection-split", "The score is taken on the rows by which the adapter was chosen.", "The best of many evaluations on the same rows looks better than it is.", "early_stop: 3 with evaluation: {split: validation}", "evaluation: {split: test}"),
    "LF279": Code("blank-stop", "A stop text of spaces.", "Every answer would end after its first word.", "stop: [' ']", "stop: [\"\\n\"]"),
    "LF281": Code("split-without-share", "The training rows, or the rows to score, have a share of 0.", "There would be nothing to train on, or nothing to score.", "probabilities: [0.9, 0.1, 0]", "probabilities: [0.8, 0.1, 0.1]"),
    "LF282": Code("four-bit-key-ignored", "A key of the 4-bit format where weights have 8 bits or are as stored.", "It would be ignored in silence.", "quantization: {bits: 8, bnb_4bit_quant_type: nf4}", "quantization: {bits: 4, bnb_4bit_quant_type: nf4}"),
    "LF291": Code("other-start-adapter", "The adapter of `adapter.from` has another shape than the task's.", "Its weights would fit nothing.", "r: 16 with `from` an adapter of rank 8", "the same rank, alpha and modules, or no `from`"),
    "LF292": Code("impossible-first-values", "`init_lora_weights` with a rank or a kind of adapter for which there are no such values.", "The adapter could not be begun, or not be used on the base model as it is.", "init_lora_weights: orthogonal with r: 7", "an even rank"),
    "LF293": Code("no-start-adapter", "`adapter.from` names no folder of a LoRA adapter or of a run.", "There is nothing to go on from.", "from: runs/no-such-run", "the folder of a finished run"),
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
    "LF314": Code("unjudgeable-gold", "Gold answers that a metric cannot judge against.", "Every model would be wrong on these rows.", "metrics: [numeric_match] and a gold answer without a number", "mend the rows, or choose another metric"),
    "LF317": Code("answer-beyond-limit", "An answer of the training rows is longer than `generation.max_new_tokens`.", "The model learns answers that it is never given the room to write.", "max_new_tokens: 8 with answers of 20 tokens", "max_new_tokens: auto"),
    "LF320": Code("unnamed-value", "A value that the `values` of a made column do not name.", "It would have to be passed on or dropped in silence.", 'values: {"0": negative, "1": positive} and a row with 2', "name every value"),
    "LF321": Code("unfit-cell", "A cell that a step of a made column cannot take.", "The column would be empty or wrong in that row.", "join: ', ' and a cell that is no list", "the steps in dataset.columns that the cells need"),
    "LF322": Code("unordered-value", "A value of the column of a split by time that is neither a number nor an ISO date.", "The row's place in time would have to be guessed.", "3/4/2020, which is March or April", "2020-04-03"),
    "LF323": Code("equal-rows-apart", "Equal rows of which some are for training and others for the test.", "The model is tested on what it learned.", "a split of type random, and rows that stand twice", "type: hash, which keeps equal rows together"),
    "LF324": Code("rare-value", "A value of a stratified column with too few rows for every split.", "It is never tested, or never validated.", "probabilities: [0.8, 0.1, 0.1] and a label of three rows", "more rows of the value, or one with a wider meaning"),
    "LF325": Code("answer-of-other-type", "An answer that is not what `output_feature.type` says.", "It would be learned, and every score against it would be wrong.", "type: number and the answer '1,000'", "answers of one form"),
    "LF326": Code("answer-against-schema", "A JSON answer that does not satisfy `output_feature.schema`.", "The model would learn what the schema forbids.", "a required field that an answer lacks", "mend the rows or the schema"),
    "LF328": Code("row-without-group", "A row with an empty cell in the column of a split by group.", "Nothing says which rows it belongs to.", "a blank author", "fill the cells"),
    "LF330": Code("read-otherwise", "A data file was read in another way than its name says, or holds something that a table does not.", "A wrong guess about delimiter, encoding or sheet would be learned.", "a .csv file with semicolons", "look at the columns, and write the file as its name says"),
    "LF331": Code("other-file", "The data file has not the hash that `dataset.sha256` names.", "Scores on other rows cannot be compared.", "a file that was changed after the task was written", "the file that is meant, or its new hash"),
    "LF332": Code("unknown-sheet", "`dataset.sheet` names a sheet that the workbook does not have, or a file without sheets.", "Other rows would be read than meant.", "sheet: answers in a workbook with the sheets Table1 and Table2", "one of the sheets there are, by name or number"),
    "LF333": Code("bad-conversation", "A conversation whose turns make no sense: nothing to learn, an empty turn, an unknown role.", "It would be learned as it stands, or stop the training half way.", "messages without a turn of the assistant", "mend or remove the row"),
    "LF334": Code("other-form", "The rows do not have the form that `dataset.format` names.", "Columns would be missing where they are needed.", "format: alpaca for rows without `instruction`", "dataset.format: auto"),
    "LF335": Code("mixed-files", "The files of a folder or pattern do not belong together: several formats, or files named after splits.", "Test rows would be learned, or rows read twice.", "a folder with train.csv and test.csv", "dataset.train and dataset.test, or a pattern of files of one kind"),
    "LF340": Code("example-not-in-training", "A few-shot example that is no training row.", "A held-out row in the prompt gives its own answer away.", "prompt: {examples: {count: 1, row_ids: [900]}} with row 900 in the test split", "ids of training rows, or only the count"),
    "LF341": Code("wrong-example-count", "More few-shot examples than there are different training rows, or another count than row_ids has.", "Prompts would hold other examples than asked for.", "examples: {count: 3, row_ids: [4, 7]}", "examples: {count: 2, row_ids: [4, 7]}"),
    "LF342": Code("unusable-conversation", "A conversation that the model's chat template refuses, or does not write turn by turn.", "What is learned would not be what is generated.", "two turns of the user in a row, for a template that wants them to alternate", "mend the rows, or use another base model"),
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
    "LF509": Code("not-deterministic", "`trainer.deterministic` is true, and an operation has no form that gives the same result in every run.", "The run could not be made again.", "deterministic: true with such an operation on a GPU", "deterministic: false"),
    "LF520": Code("slow-pattern", "The pattern of `evaluation.extract` needs more than two seconds for one answer.", "Scoring would take hours, or what it finds would depend on the machine.", "pattern: (a+)+b", "pattern: a+b"),
}
# fmt: on
"""Every code, in order, one a line. Later checks append to their own hundred."""
