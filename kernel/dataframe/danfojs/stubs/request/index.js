// The deprecated package request, by which danfojs streamed remote files. Read the text with fetch() instead.

function removed() {
  throw new Error(
    "danfojs: reading remote files is not part of this build. Fetch the text and write it to a file first.",
  );
}

module.exports = Object.assign(removed, { get: removed, head: removed });
