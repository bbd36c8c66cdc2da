namespace SmartService.Inference.Native;

/// <summary>Where a long text may be cut for tokenizing: where the patterns of all known vocabularies begin a new word anyway.</summary>
internal static class TextPieces
{
    /// <summary>The end, exclusive, of the piece that begins at <paramref name="start"/> and has at most <paramref name="length"/> units.</summary>
    public static int End(string text, int start, int length)
    {
        var limit = start + length;
        if (limit >= text.Length)
        {
            return text.Length;
        }

        // After a line break that something other than white space follows; else before a space that a letter follows.
        for (var at = limit; at > start + (length / 2); at--)
        {
            if (text[at - 1] == '\n' && !char.IsWhiteSpace(text[at]))
            {
                return at;
            }
        }

        for (var at = limit; at > start + (length / 2); at--)
        {
            if (text[at] == ' ' && !char.IsWhiteSpace(text[at - 1]) && at + 1 < text.Length && char.IsLetter(text[at + 1]))
            {
                return at;
            }
        }

        // After punctuation that a letter follows, as in Chinese; at last anywhere but between surrogates.
        for (var at = limit; at > start + (length / 2); at--)
        {
            if (char.IsPunctuation(text[at - 1]) && text[at - 1] > '\u2fff' && char.IsLetter(text[at]) && text[at] > '\u2fff')
            {
                return at;
            }
        }

        return char.IsLowSurrogate(text[limit]) && char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
    }
}
