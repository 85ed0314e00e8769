<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

use MemcachedSoap\Session\User;
use MemcachedSoap\Symfony\HandlerFactory;
use MemcachedSoap\Symfony\SharedLoginAuthenticator;
use MemcachedSoap\Symfony\SharedUser;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Session\Session;
use Symfony\Component\HttpFoundation\Session\Storage\MockArraySessionStorage;
use Symfony\Component\HttpFoundation\Session\Storage\NativeSessionStorage;
use Symfony\Component\Security\Core\Exception\UserNotFoundException;
use Symfony\Component\Security\Core\User\InMemoryUser;
use Symfony\Component\Security\Core\User\InMemoryUserProvider;

require_once 'Symfony/Bundle/FrameworkBundle/autoload.php';
require_once 'Symfony/Bundle/SecurityBundle/autoload.php';
require_once __DIR__ . '/../autoload.php';

/** Symfony's session and authenticator without a kernel. phpunit --stderr leaves the headers unsent. */
final class StorageTest extends TestCase
{
    private function session(?string $id): Session
    {
        $_COOKIE = $id === null ? [] : ['sessionid' => $id];
        session_id('');
        $handler = HandlerFactory::create(['url' => Sessions::url(), 'ttl' => 600]);
        $session = new Session(new NativeSessionStorage(['name' => 'sessionid'], $handler));
        if ($id !== null) {
            $session->setId($id);
        }
        $session->start();
        return $session;
    }

    public function testAttributesAreStoredOneByOne(): void
    {
        $session = $this->session(null);
        $session->set('cart', ['a']);
        $session->set('uid', 'u');
        $session->getFlashBag()->add('notice', 'saved');
        $session->save();
        $stored = (new Sessions())->get($session->getId());
        self::assertSame('u', $stored['uid']->value);
        self::assertArrayHasKey('symfony/cart', $stored);
        self::assertArrayHasKey('symfony:bag/_symfony_flashes', $stored);
        $next = $this->session($session->getId());
        self::assertSame([['a'], ['saved']], [$next->get('cart'), $next->getFlashBag()->get('notice')]);
        $next->save();
        self::assertSame([], $this->session($session->getId())->getFlashBag()->peek('notice'));
        session_abort();
    }

    public function testMigrateAndInvalidate(): void
    {
        $sessions = new Sessions();
        $session = $this->session(null);
        $session->set('a', 1);
        $session->save();
        $first = $session->getId();
        $session = $this->session($first);
        $session->migrate(true);
        $session->save();
        self::assertNull($sessions->get($first));
        self::assertSame('1', $sessions->get($session->getId())['symfony/a']->value);
        $second = $session->getId();
        $session = $this->session($second);
        $session->invalidate();
        $session->save();
        self::assertNull($sessions->get($second));
        self::assertNull($sessions->get($session->getId()));
    }

    public function testNewAndEmptyIsNotStored(): void
    {
        $session = $this->session(null);
        $session->save();
        self::assertNull((new Sessions())->get($session->getId()));
    }

    public function testUser(): void
    {
        $user = new SharedUser(User::of(['uid' => 'u', 'cn' => 'U', 'groups' => ['staff', 'domain-admins', 'staff'], 'x' => 1]));
        self::assertSame(['ROLE_USER', 'ROLE_STAFF', 'ROLE_DOMAIN_ADMINS'], $user->getRoles());
        self::assertSame(['uid' => 'u', 'cn' => 'U', 'groups' => ['staff', 'domain-admins', 'staff']], $user->getAttributes());
    }

    public function testAuthenticator(): void
    {
        $request = new Request([], [], [], ['MOCKSESSID' => 'x']);
        $request->setSession(new Session(new MockArraySessionStorage()));
        $authenticator = new SharedLoginAuthenticator();
        self::assertFalse($authenticator->supports($request));
        $request->getSession()->set('uid', 'u');
        self::assertTrue($authenticator->supports($request));
        self::assertFalse($authenticator->supports(new Request()));
        self::assertInstanceOf(SharedUser::class, $authenticator->authenticate($request)->getUser());
        $own = new SharedLoginAuthenticator(new InMemoryUserProvider(['u' => ['roles' => ['ROLE_OWN']]]));
        self::assertInstanceOf(InMemoryUser::class, $own->authenticate($request)->getUser());
        $request->getSession()->set('uid', 'stranger');
        $this->expectException(UserNotFoundException::class);
        $own->authenticate($request)->getUser();
    }
}
