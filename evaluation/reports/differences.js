// Two texts compared word by word: which words of the one the other lacks.
// Not here: marking them (answers.js).

const words = (text) => text.match(/\s+|[\p{L}\p{M}\p{N}_]+|[^]/gu) ?? [];

// Returns for the words of a, and of b, whether they belong to a longest common subsequence of the two.
function common(a, b, most) {
  const inA = new Array(a.length).fill(false);
  const inB = new Array(b.length).fill(false);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) inA[start] = inB[start++] = true;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) inA[--endA] = inB[--endB] = true;
  const height = endA - start;
  const width = endB - start + 1;
  if (height * width > most) return [inA, inB]; // all between the common ends counts as different
  const longest = new Uint32Array((height + 1) * width);
  for (let i = height - 1; i >= 0; i--) {
    for (let j = width - 2; j >= 0; j--) {
      const here = i * width + j;
      const same = a[start + i] === b[start + j];
      longest[here] = same ? longest[here + width + 1] + 1 : Math.max(longest[here + width], longest[here + 1]);
    }
  }
  for (let i = 0, j = 0; i < height && j < width - 1; ) {
    const here = i * width + j;
    if (a[start + i] === b[start + j]) inA[start + i++] = inB[start + j++] = true;
    else if (longest[here + width] >= longest[here + 1]) i++;
    else j++;
  }
  return [inA, inB];
}

// Returns [text, differs] pieces of both texts; white space alone is no difference.
function compared(one, other, most) {
  const [a, b] = [words(one), words(other)];
  const shared = common(a, b, most);
  return [a, b].map((each, side) => {
    const pieces = [];
    each.forEach((word, place) => {
      const differs = !shared[side][place] && word.trim() !== "";
      const last = pieces.at(-1);
      if (last && (last[1] === differs || (word.trim() === "" && !shared[side][place]))) last[0] += word;
      else pieces.push([word, differs]);
    });
    return pieces;
  });
}
