<?php

declare(strict_types=1);

// A session with every kind of value. All languages have the same fixture.
return (object) [
    'ascii' => 'plain',
    'specials' => '<&>"\']]>',
    'accents' => 'Zoë Grüß 漢字 😀',
    'lines' => "a\nb\r\nc\rd\te",
    'blanks' => '  x  ',
    'empty' => '',
    'undef' => null,
    'zero' => '0',
    'number' => '007',
    'bytes' => "\x00\xff\xfe",
    'control' => "\x01",
    'a key <with> blanks é' => '1',
    'hash' => (object) ['inner' => ['x', null, "\x00\xff", ''], '' => 'empty key', 'none' => null],
    'list' => ['a', ['b', []], (object) ['c' => 'é'], null],
    'single' => ['only'],
    'single undef' => [null],
    'single hash' => [(object) ['only' => ['one']]],
    'empty list' => [],
    'empty hash' => (object) [],
    'long text' => str_repeat('Zoë 漢字 😀 <&> ', 5000), // 130 kB
    'long bytes' => str_repeat(implode(array_map(chr(...), range(0, 255))), 400), // 102 kB
];
