<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

use MemcachedSoap\Session\Names;
use MemcachedSoap\Session\Options;
use MemcachedSoap\Session\Page;
use MemcachedSoap\Session\Refused;
use MemcachedSoap\Session\User;
use MemcachedSoap\Session\Values;
use PHPUnit\Framework\TestCase;

final class ValuesTest extends TestCase
{
    /** @dataProvider refused */
    public function testRefusesByName(mixed $value, string $what): void
    {
        $this->expectException(Refused::class);
        $this->expectExceptionMessage('session key "cart"');
        $this->expectExceptionMessage($what);
        Values::check(['cart' => $value]);
        (new Values())->encode($value, 'cart');
    }

    /** @return array<string, array{mixed, string}> */
    public static function refused(): array
    {
        $deep = [];
        for ($i = 0; $i < 70; $i++) {
            $deep = [$deep];
        }
        $recursive = [];
        $recursive['self'] = &$recursive;
        return [
            'object' => [new \ArrayObject(), 'an object of the class ArrayObject'],
            'object in an array' => [['a' => [new \DateTime()]], 'an object of the class DateTime'],
            'closure' => [static fn () => 1, 'a function'],
            'resource' => [STDIN, 'a resource'],
            'resource in an array' => [[STDIN], 'a resource'],
            'NaN' => [NAN, 'NaN'],
            'infinity' => [-INF, 'an infinite number'],
            'deep' => [$deep, 'more than 64 levels'],
            'recursive' => [$recursive, 'more than 64 levels'],
            'key' => [["\xFF" => 1], 'a key that is not UTF-8'],
        ];
    }

    public function testOfUnknownClassIsRefused(): void
    {
        $this->expectException(Refused::class);
        $this->expectExceptionMessage('an object of the class Evil');
        $session = (new Values())->unserialize('a:1:{s:4:"cart";O:4:"Evil":0:{}}');
        (new Values())->encode($session['cart'], 'cart');
    }

    public function testKeys(): void
    {
        $names = new Names(['uid'], 'php');
        self::assertSame(['uid' => 1, 'php/a.b/c' => 2, 'php/5' => 3], $names->attributes(['uid' => 1, 'a.b/c' => 2, 5 => 3]));
        self::assertSame(['uid' => 1, 'a.b/c' => 2, 5 => 3], $names->session(['uid' => 1, 'php/a.b/c' => 2, 'php/5' => 3]));
        self::assertFalse($names->isVisible('java/a'));
        self::assertFalse($names->isVisible('other'));
        foreach (['_session_id', '_session_end', '_session_kind', '_lastSeen', 'uid_MD5', "\xFF"] as $key) {
            try {
                $names->attributes([$key => 1]);
                self::fail($key);
            } catch (Refused $refused) {
                self::assertStringContainsString('session key', $refused->getMessage());
            }
        }
        self::assertSame('base64:YQBi', Values::wireName("a\0b"));
        self::assertSame("a\0b", Values::name('base64:YQBi'));
        self::assertSame('base64:' . base64_encode('base64:x'), Values::wireName('base64:x'));
        self::assertSame('a/b', Values::wireName('a/b'));
    }

    /** An empty hash of another language, which PHP reads as an empty array, stays a hash. */
    public function testArraysKeepTheirKind(): void
    {
        $stored = (object) ['hash' => (object) ['entry' => [
            (object) ['key' => 'empty', 'hash' => (object) []],
            (object) ['key' => 'list', 'list' => (object) []],
        ]]];
        $value = (new Values())->decode($stored);
        self::assertSame(['empty' => [], 'list' => []], $value);
        $value['new'] = [];
        self::assertSame([
            ['key' => 'empty', 'hash' => ['entry' => []]],
            ['key' => 'list', 'list' => ['item' => []]],
            ['key' => 'new', 'list' => ['item' => []]],
        ], (new Values())->encode($value, 'k', $stored)['hash']['entry']);
        self::assertSame(['hash' => ['entry' => []]], (new Values())->encode([], 'k', (object) ['hash' => (object) []]));
    }

    /** Bytes from outside never become objects, whatever they say. */
    public function testOnlyStoredObjectsAreDecoded(): void
    {
        $values = new Values([\ArrayObject::class]);
        $encoded = $values->encode(new \ArrayObject([1]), 'k');
        self::assertEquals(new \ArrayObject([1]), $values->decode((object) $encoded));
        self::assertSame($encoded['binary'], (new Values())->decode((object) $encoded), 'without the option');
        self::assertSame($encoded['binary'], $values->decode((object) $values->encode($encoded['binary'], 'k')), 'a text of a user');
        $foreign = ['binary' => "\xFFphp:" . serialize(new \SplObjectStorage())];
        self::assertSame($foreign['binary'], $values->decode((object) $foreign), 'another class');
        self::assertSame("\xFFphp:broken", $values->decode((object) ['binary' => "\xFFphp:broken"]));
        $this->expectException(Refused::class);
        $values->encode([new \ArrayObject(), new \DateTime()], 'k');
    }

    public function testUser(): void
    {
        self::assertNull(User::of([]));
        self::assertNull(User::of(['uid' => '']));
        self::assertNull(User::of(['uid' => ['a']]));
        self::assertSame(['a', 'b c'], User::of(['uid' => 'x', 'groups' => 'a; b c;'])?->groups);
        self::assertSame(['a'], User::of(['uid' => 'x', 'groups' => ['a', ['b'], '']])?->groups);
        self::assertSame('7', User::of(['uid' => 7])?->uid);
    }

    /**
     * @dataProvider wrong
     *
     * @param array<string, mixed> $options
     */
    public function testRefusesOptions(array $options): void
    {
        $this->expectException(\InvalidArgumentException::class);
        Options::of($options + ['url' => 'http://127.0.0.1/soap']);
    }

    /** @return list<array{array<string, mixed>}> */
    public static function wrong(): array
    {
        return [
            [['url' => '']], [['url' => 'file:///etc/passwd']], [['ulr' => 1]], [['ttl' => 0]], [['ttl' => -300]], [['lifetime' => 0]],
            [['timeout' => 0]], [['timeout' => 0.5]], [['app' => 'a/b']], [['app' => '']], [['shared' => ['_session_id']]], [['shared' => ['a/b']]],
            [['key' => "a\r\nX: y"]], [['user' => 'a']], [['key' => 'a', 'user' => 'b', 'password' => 'c']], [['cookie' => ['nmae' => 'x']]],
            [['caFile' => '/nonexistent']],
        ];
    }

    public function testAnonymousPaths(): void
    {
        $options = Options::of(['url' => 'http://127.0.0.1/soap', 'anonymous' => ['/', '/public/*']]);
        $before = $_SERVER['REQUEST_URI'] ?? null;
        foreach (['/' => true, '/?a' => true, '/public/x?y' => true, '/account' => false, '/public' => false,
            '/public/../account' => false, '/public/%2e%2e/account' => false, '/public//x' => false] as $path => $want) {
            $_SERVER['REQUEST_URI'] = $path;
            self::assertSame($want, $options->anonymous(), $path);
        }
        $_SERVER['REQUEST_URI'] = $before;
    }

    /** The service hangs, refuses connections, or answers something else. */
    public function testFailures(): void
    {
        $hanging = stream_socket_server('tcp://127.0.0.1:0');
        $hangs = 'http://' . stream_socket_get_name($hanging, false);
        foreach ([$hangs => 1, 'http://127.0.0.1:' . Server::freePort() => 0, 'http://nowhere.invalid' => 0] as $url => $seconds) {
            $started = microtime(true);
            try {
                (new Page(Options::of(['url' => "$url/soap", 'timeout' => 1])))->find(str_repeat('a', 32));
                self::fail($url);
            } catch (\MemcachedSoap\Session\Unavailable $failure) {
                self::assertSame(503, $failure->status());
            }
            self::assertGreaterThanOrEqual($seconds, microtime(true) - $started);
            self::assertLessThan($seconds + 4, microtime(true) - $started);
        }
    }
}
