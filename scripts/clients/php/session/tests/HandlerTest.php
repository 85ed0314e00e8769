<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

use PHPUnit\Framework\TestCase;

/** PHP's functions for sessions, on a page of PHP's web server. */
final class HandlerTest extends TestCase
{
    private static Server $server;
    private Sessions $sessions;
    private Browser $browser;

    public static function setUpBeforeClass(): void
    {
        self::$server = new Server([__DIR__ . '/../example/serve', __DIR__ . '/pages.php'], []);
    }

    public static function tearDownAfterClass(): void
    {
        self::$server->stop();
    }

    protected function setUp(): void
    {
        $this->sessions = new Sessions();
        $this->browser = self::$server->browser();
    }

    /**
     * @param list<list<mixed>>    $steps
     * @param array<string, mixed> $options
     *
     * @return array<string, mixed>
     */
    private function page(array $steps, array $options = []): array
    {
        return $this->browser->json('POST', '/', (string) json_encode(['steps' => $steps, 'options' => $options]));
    }

    /** @param list<list<mixed>> $steps */
    private function fails(array $steps, int $status, string $text, array $options = []): void
    {
        foreach ([false, true] as $open) { // stored by session_write_close, and at the end of the page
            $answer = $this->browser->call('POST', '/', (string) json_encode(['steps' => $steps, 'options' => $options, 'open' => $open]));
            self::assertSame($status, $this->browser->status, $answer);
            self::assertStringContainsString($text, $answer);
        }
    }

    public function testStoresAndReads(): void
    {
        $this->page([['start'], ['set', 'a', 1], ['set', 'uid', 'zoë']]);
        self::assertMatchesRegularExpression('/\A[0-9a-f]{32}\z/', (string) $this->browser->id());
        self::assertStringContainsString('path=/; HttpOnly; SameSite=Lax', implode("\n", $this->browser->headers));
        $stored = $this->sessions->get($this->browser->id());
        self::assertSame('zoë', $stored['uid']->value);
        self::assertSame(['1', 'int'], [$stored['php/a']->value, $stored['php/a']->type]);
        self::assertSame(['a' => 1, 'uid' => 'zoë'], self::sorted($this->page([['start']])['session']));
    }

    public function testNewAndEmptyIsNotStored(): void
    {
        $this->page([['start']]);
        self::assertNull($this->sessions->get($this->browser->id()));
        $this->page([['start'], ['set', 'a', 1], ['unset', 'a']]);
        self::assertNull($this->sessions->get($this->browser->id()));
    }

    public function testUnknownIdIsNotAdopted(): void
    {
        $forged = bin2hex(random_bytes(16));
        $this->browser->cookies['sessionid'] = $forged;
        $this->page([['start'], ['set', 'a', 1]]);
        self::assertNotSame($forged, $this->browser->id());
        self::assertNull($this->sessions->get($forged));
    }

    /** Another program's attributes stay when PHP changes its own, or removes all of them. */
    public function testKeepsWhatItDoesNotSee(): void
    {
        $id = bin2hex(random_bytes(16));
        $this->sessions->set($id, ['uid' => ['value' => 'u'], 'java/a' => ['value' => 'j'], 'bare' => ['value' => 'b']]);
        $this->browser->cookies['sessionid'] = $id;
        self::assertSame(['a' => 1, 'uid' => 'u'], self::sorted($this->page([['start'], ['set', 'a', 1]])['session']));
        $this->page([['start'], ['unset', 'a']]);
        self::assertSame(['bare', 'java/a', 'uid'], self::names($this->sessions->get($id)));
        self::assertArrayHasKey('bare', $this->page([['start']], ['shared' => ['bare']])['session']);
    }

    /** One exchange reads and touches, one writes; an unchanged page writes nothing. */
    public function testExchanges(): void
    {
        $this->page([['start'], ['set', 'a', [1, ['b' => 2.5]]]]);
        $count = fn (): array => array_map($this->sessions->calls(...), ['getSession', 'updateSession', 'touchSession', 'setSession']);
        $before = $count();
        $this->page([['start'], ['set', 'a', [1, ['b' => 2.5]]]]);
        self::assertSame([$before[0] + 1, ...array_slice($before, 1)], $count(), 'unchanged');
        $this->page([['start'], ['set', 'a', 2], ['set', 'b', 3]]);
        self::assertSame([$before[0] + 2, $before[1] + 1, $before[2], $before[3]], $count(), 'changed');
        $this->page([['start', true], ['set', 'a', 4]]);
        self::assertSame([$before[0] + 3, $before[1] + 1, $before[2], $before[3]], $count(), 'read_and_close');
        self::assertSame(2, $this->page([['start']])['session']['a']);
    }

    public function testReadingTouches(): void
    {
        $this->page([['start'], ['set', 'a', 1]], ['ttl' => 100]);
        $id = (string) $this->browser->id();
        self::assertEqualsWithDelta(100, $this->sessions->expiresIn($id), 2);
        $this->page([['start']], ['ttl' => 500]);
        self::assertEqualsWithDelta(500, $this->sessions->expiresIn($id), 2, 'start');
        $this->page([['start', true]], ['ttl' => 700]);
        self::assertEqualsWithDelta(700, $this->sessions->expiresIn($id), 2, 'read_and_close');
        $this->page([['start'], ['set', 'a', 2]]);
        self::assertEqualsWithDelta(1440, $this->sessions->expiresIn($id), 2, 'gc_maxlifetime');
        $this->page([['start'], ['set', 'a', 3]], ['ttl' => 60, 'lifetime' => 30]);
        self::assertEqualsWithDelta(60, $this->sessions->expiresIn($id), 2, 'an absolute timeout begins at a login only');
        $this->page([['start'], ['login', ['uid' => 'u']]], ['ttl' => 60, 'lifetime' => 30]);
        self::assertEqualsWithDelta(30, $this->sessions->expiresIn((string) $this->browser->id()), 2, 'login');
        $this->page([['start']], ['ttl' => 600]);
        self::assertEqualsWithDelta(30, $this->sessions->expiresIn((string) $this->browser->id()), 3, 'reading does not move it');
    }

    public function testNeverExpires(): void
    {
        $this->page([['start'], ['set', 'a', 1]], ['ttl' => -1]);
        self::assertGreaterThan(86400, $this->sessions->expiresIn((string) $this->browser->id()));
    }

    public function testCookieOptions(): void
    {
        $cookie = ['name' => 'shop', 'lifetime' => 600, 'path' => '/a', 'domain' => 'example.com', 'secure' => true, 'httponly' => false, 'samesite' => 'Strict'];
        $this->page([['start']], ['cookie' => $cookie]);
        $header = implode("\n", preg_grep('/^Set-Cookie/', $this->browser->headers) ?: []);
        self::assertMatchesRegularExpression('~^Set-Cookie: shop=[0-9a-f]{32}; expires=.*; Max-Age=600; path=/a; domain=example.com; secure; SameSite=Strict$~', $header);
    }

    /** Without the buffer the answer has begun before the session is stored. */
    public function testBuffer(): void
    {
        $body = static fn (bool $buffer): string => (string) json_encode(['steps' => [['start'], ['object', 'a', 'ArrayObject']], 'options' => ['buffer' => $buffer], 'open' => true]);
        $this->browser->call('POST', '/', $body(true));
        self::assertSame(500, $this->browser->status);
        $this->browser->call('POST', '/', $body(false));
        self::assertSame(200, $this->browser->status);
    }

    public function testRegenerateDeletesTheOldId(): void
    {
        $this->page([['start'], ['set', 'a', 1]]);
        $old = (string) $this->browser->id();
        $this->sessions->set($old, ['php/a' => ['value' => '1', 'type' => 'int'], 'java/b' => ['value' => 'kept']]);
        $this->page([['start'], ['set', 'c', 2], ['regenerate', true], ['set', 'd', 3]]);
        self::assertNotSame($old, $this->browser->id());
        self::assertNull($this->sessions->get($old));
        self::assertSame(['java/b', 'php/a', 'php/c', 'php/d'], self::names($this->sessions->get($this->browser->id())));
    }

    public function testRegenerateWithoutChangeAndOfANewSession(): void
    {
        $this->page([['start'], ['regenerate', true], ['set', 'a', 1]]);
        $old = $this->browser->id();
        self::assertSame(1, $this->page([['start'], ['regenerate', true]])['session']['a']);
        self::assertNotSame($old, $this->browser->id());
        self::assertSame(['php/a'], self::names($this->sessions->get($this->browser->id())));
        self::assertSame(1, $this->page([['start'], ['regenerate', true], ['regenerate', true]])['session']['a'], 'twice');
        self::assertSame(['php/a'], self::names($this->sessions->get($this->browser->id())));
    }

    public function testRegenerateKeepsTheOldIdIfAsked(): void
    {
        $this->page([['start'], ['set', 'a', 1]]);
        $old = (string) $this->browser->id();
        $this->sessions->set($old, ['php/a' => ['value' => '1', 'type' => 'int'], 'java/b' => ['value' => 'kept']]);
        $this->page([['start'], ['regenerate', false], ['set', 'c', 2]]);
        self::assertSame(['java/b', 'php/a'], self::names($this->sessions->get($old)));
        self::assertSame(['java/b', 'php/a', 'php/c'], self::names($this->sessions->get($this->browser->id())));
    }

    /** A user who logs in where another one was does not get what that one has left. */
    public function testLoginOfAnotherUser(): void
    {
        $this->page([['start'], ['login', ['uid' => 'first']], ['set', 'secret', 1]]);
        $old = (string) $this->browser->id();
        $this->page([['start'], ['login', ['uid' => 'second']]]);
        self::assertNull($this->sessions->get($old));
        self::assertSame(['_utime', 'uid'], self::names($this->sessions->get($this->browser->id())));
    }

    /** A login counts even if the session was logged out while the page ran. */
    public function testLoginDuringALogout(): void
    {
        $this->page([['start'], ['login', ['uid' => 'u']], ['set', 'old', 1]]);
        $old = (string) $this->browser->id();
        $this->during([['start'], ['sleep', 700], ['login', ['uid' => 'u', '_utime' => 5]]], fn () => $this->sessions->delete($old));
        self::assertSame(['_utime', 'uid'], self::names($this->sessions->get($this->browser->id())));
    }

    public function testDestroy(): void
    {
        $this->page([['start'], ['set', 'a', 1]]);
        $id = $this->browser->id();
        $this->page([['start'], ['destroy']]);
        self::assertNull($this->sessions->get($id));
        $this->page([['start'], ['set', 'b', 1]]);
        self::assertNotSame($id, $this->browser->id());
        $this->page([['start'], ['logout']]);
        self::assertNull($this->browser->id());
        self::assertSame([], $this->page([['start'], ['destroy'], ['start']])['session']);
    }

    public function testResetAbortAndClose(): void
    {
        $this->page([['start'], ['set', 'a', 1]]);
        $id = $this->browser->id();
        self::assertSame(['a' => 1], $this->page([['start'], ['set', 'a', 2], ['set', 'b', 2], ['reset']])['session']);
        $this->page([['start'], ['set', 'a', 3], ['abort']]);
        self::assertSame(['a' => 1], $this->page([['start']])['session']);
        $this->page([['start'], ['set', 'a', 4], ['close'], ['start'], ['set', 'b', 5]]);
        self::assertSame(['a' => 4, 'b' => 5], self::sorted($this->page([['start']])['session']));
        self::assertSame($id, $this->browser->id());
        self::assertSame([], $this->page([['start'], ['clear']])['session']);
        self::assertSame([], $this->page([['start']])['session']);
        $fresh = $this->browser = self::$server->browser();
        $this->page([['start'], ['reset'], ['set', 'a', 1]]);
        self::assertSame(['php/a'], self::names($this->sessions->get($fresh->id())), 'reset of a new session');
    }

    public function testCreateIdAndGc(): void
    {
        $results = $this->page([['start'], ['create id'], ['create id', 'abc'], ['gc']])['results'];
        self::assertMatchesRegularExpression('/\A[0-9a-f]{32}\z/', $results[1]);
        self::assertMatchesRegularExpression('/\Aabc[0-9a-f]{32}\z/', $results[2]);
        self::assertSame(0, $results[3]);
    }

    /**
     * Runs a page, and something else while it sleeps.
     *
     * @param list<list<mixed>> $steps
     *
     * @return array<string, mixed> the answer of the page
     */
    private function during(array $steps, callable $meanwhile, array $options = []): array
    {
        $child = pcntl_fork();
        if ($child === 0) {
            usleep(350000);
            $meanwhile();
            posix_kill(posix_getpid(), SIGKILL); // without the end of PHPUnit
        }
        $answer = $this->page($steps, $options);
        pcntl_waitpid($child, $status);
        return $answer;
    }

    public function testLateWriterDoesNotBringTheSessionBack(): void
    {
        $this->page([['start'], ['set', 'a', 1]]);
        $id = (string) $this->browser->id();
        $answer = $this->during([['start'], ['sleep', 700], ['set', 'a', 2]], fn () => (new Sessions())->delete($id));
        self::assertSame(['the change of a page is dropped: its session is logged out meanwhile'], $answer['log']);
        self::assertNull($this->sessions->get($id));
    }

    public function testExact(): void
    {
        $this->page([['start'], ['set', 'count', 10], ['set', 'list', [1]]]);
        $id = (string) $this->browser->id();
        $options = ['exact' => ['count', 'list']];
        $other = clone $this->browser;
        $change = static fn (array $steps) => $other->json('POST', '/', (string) json_encode(['steps' => $steps, 'options' => $options]));
        $this->during([['start'], ['sleep', 700], ['add', 'count', 5]], fn () => $change([['start'], ['add', 'count', 3]]), $options);
        self::assertSame(18, $this->page([['start']])['session']['count'], 'the differences of both');
        $this->during([['start'], ['sleep', 700], ['add', 'count', 1]], fn () => $change([['start'], ['set', 'list', [2]]]), $options);
        self::assertSame([19, [2]], [$this->page([['start']])['session']['count'], $this->page([['start']])['session']['list']]);
        $failure = '';
        try {
            $this->during([['start'], ['sleep', 700], ['set', 'list', [3]]], fn () => $change([['start'], ['set', 'list', [4]]]), $options);
        } catch (\RuntimeException $e) {
            $failure = $e->getMessage();
        }
        self::assertStringContainsString('"php/list" was changed by another page', $failure);
        self::assertNotNull($this->sessions->get($id));
    }

    public function testRefusedByName(): void
    {
        $this->page([['start'], ['set', 'a', 1]]);
        $this->fails([['start'], ['set', 'a', 2], ['object', 'cart', 'ArrayObject']], 500, '"cart" has an object of the class ArrayObject');
        $answer = $this->browser->call('POST', '/', (string) json_encode(['steps' => [['start'], ['closure', 'cart']], 'options' => [], 'open' => true]));
        self::assertSame([500, "session key \"cart\" has a function, which cannot be shared\n"], [$this->browser->status, $answer]);
        $this->fails([['start'], ['set', 'uid_MD5', 1]], 500, '"uid_MD5" is reserved');
        $this->fails([['start'], ['set', 'b', 1], ['big', 'huge', 3 << 20]], 500, '"huge"');
        self::assertSame(['a' => 1], $this->page([['start']])['session'], 'nothing was stored');
    }

    public function testPrivateObjects(): void
    {
        $options = ['objects' => ['ArrayObject']];
        $this->page([['start'], ['object', 'cart', 'ArrayObject']], $options);
        self::assertSame('ArrayObject', $this->page([['start'], ['class', 'cart']], $options)['results'][1]);
        self::assertSame('string', $this->page([['start'], ['class', 'cart']])['results'][1]);
        $this->fails([['start'], ['object', 'other', 'SplStack']], 500, '"other" has an object of the class SplStack', $options);
    }

    public function testServiceDown(): void
    {
        $this->page([['start'], ['set', 'a', 1]]);
        $id = $this->browser->id();
        $down = ['url' => 'http://127.0.0.1:' . Server::freePort() . '/soap'];
        $this->fails([['start']], 503, 'does not answer', $down);
        self::assertStringContainsString('Retry-After: 1', implode("\n", $this->browser->headers));
        self::assertStringNotContainsString('Set-Cookie', implode("\n", $this->browser->headers));
        self::assertSame($id, $this->browser->id());
        $anonymous = $this->page([['start'], ['set', 'b', 1]], $down + ['anonymous' => true]);
        self::assertSame(['b' => 1], $anonymous['session']);
        self::assertCount(2, $anonymous['log']);
        self::assertSame($id, $this->browser->id());
        self::assertSame(['a' => 1], $this->page([['start']])['session']);
        $this->browser->cookies = [];
        $this->fails([['start'], ['set', 'a', 1]], 503, 'does not answer', $down);
    }

    /** What is logged and shown has neither ids nor values. */
    public function testNothingSecretIsPrinted(): void
    {
        $id = (string) $this->browser->id();
        $down = ['url' => 'http://127.0.0.1:' . Server::freePort() . '/soap', 'key' => 'a-secret-key'];
        $this->page([['start'], ['set', 'a', 'a-secret-value']]);
        $id = (string) $this->browser->id();
        $this->fails([['start']], 503, '', $down);
        $this->fails([['start'], ['set', 'a', 'a-secret-value'], ['object', 'b', 'ArrayObject']], 500, '');
        foreach ([$id, 'a-secret-key', 'a-secret-value'] as $secret) {
            self::assertStringNotContainsString($secret, self::$server->log());
        }
    }

    public function testEverywhere(): void
    {
        $this->page([['start'], ['login', ['uid' => 'every']]]);
        $other = self::$server->browser();
        $other->json('POST', '/', (string) json_encode(['steps' => [['start'], ['login', ['uid' => 'every']]], 'options' => []]));
        self::assertSame(2, $this->page([['start'], ['everywhere', 'every']])['results'][1]);
        self::assertNull($this->sessions->get($other->id()));
    }

    /** The contract of this package is that of the service. */
    public function testContract(): void
    {
        $own = (string) file_get_contents(__DIR__ . '/../src/session.wsdl');
        $address = static fn (string $wsdl): string => (string) preg_replace('/<soap:address location="[^"]*"/', '', $wsdl);
        self::assertSame($address((string) file_get_contents(Sessions::url() . '?wsdl')), $address($own));
    }

    /**
     * @param array<string, mixed>|null $attributes
     *
     * @return list<string>|null
     */
    private static function names(?array $attributes): ?array
    {
        if ($attributes === null) {
            return null;
        }
        $names = array_keys(array_diff_key($attributes, ['uid_MD5' => 1, '_session_kind' => 1, '_session_end' => 1, '_lastSeen' => 1]));
        sort($names);
        return $names;
    }

    /**
     * @param array<string, mixed> $array
     *
     * @return array<string, mixed>
     */
    private static function sorted(array $array): array
    {
        ksort($array);
        return $array;
    }
}
