<?php
// Converts values: a text is in the element value, bytes are in binary, and lists
// and hashes hold further values.

function fixture(string $command): array
{
    return match ($command) {
        'writecontrol' => [['key' => 'control', 'value' => "XML has no \x01"]],
        'writetext' => [['key' => 'text900k', 'value' => str_repeat('0123456789', 90000)]],
        'writebig' => [['key' => 'bytes900k', 'binary' => substr(str_repeat(allBytes(), 3516), 0, 900000)]],
        'write' => [
            ['key' => 'plain', 'value' => 'plain'],
            ['key' => 'special', 'value' => "<&>\"']]>"],
            ['key' => 'accents', 'value' => 'é ü ß ñ – €'],
            ['key' => 'emoji', 'value' => '😀 🎉'],
            ['key' => 'lines', 'value' => "LF\nCRLF\r\nCR\rtab\tend"],
            ['key' => 'blanks', 'value' => '  outer blanks  '],
            ['key' => 'empty', 'value' => ''],
            ['key' => 'undef', 'undef' => true],
            ['key' => 'bytes', 'binary' => allBytes()],
            ['key' => 'a key with <blanks>', 'value' => 'key'],
            ['key' => 'nested', 'hash' => ['entry' => [
                ['key' => 'list', 'list' => ['item' => [
                    ['value' => 'a'],
                    ['undef' => true],
                    ['binary' => "\x00\xff"],
                    ['hash' => ['entry' => [['key' => 'k', 'value' => 'v']]]],
                ]]],
                ['key' => 'undef', 'undef' => true],
                ['key' => 'bytes', 'binary' => "\x00\x01"],
            ]]],
            ['key' => 'single', 'list' => ['item' => [['value' => 'one']]]],
            ['key' => 'emptylist', 'list' => []],
            ['key' => 'emptyhash', 'hash' => []],
        ],
    };
}

function allBytes(): string
{
    return implode(array_map('chr', range(0, 255)));
}

// rendered returns the value of an entry or an item in the form that the tests compare.
function rendered(object $value): string
{
    if (isset($value->value)) {
        return 't:' . bin2hex($value->value);
    }
    if (isset($value->binary)) {
        return 'b:' . bin2hex($value->binary);
    }
    if (isset($value->list)) {
        return 'l(' . implode(',', array_map('rendered', $value->list->item ?? [])) . ')';
    }
    if (isset($value->hash)) {
        $entries = array_map(fn ($entry) => bin2hex($entry->key) . '=' . rendered($entry), $value->hash->entry ?? []);
        sort($entries);
        return 'h(' . implode(',', $entries) . ')';
    }
    return 'u';
}
