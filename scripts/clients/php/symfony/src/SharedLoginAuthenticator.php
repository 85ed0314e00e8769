<?php

declare(strict_types=1);

namespace MemcachedSoap\Symfony;

use MemcachedSoap\Session\User;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;
use Symfony\Component\Security\Core\Exception\AuthenticationException;
use Symfony\Component\Security\Core\Exception\UserNotFoundException;
use Symfony\Component\Security\Core\User\UserInterface;
use Symfony\Component\Security\Core\User\UserProviderInterface;
use Symfony\Component\Security\Http\Authenticator\AbstractAuthenticator;
use Symfony\Component\Security\Http\Authenticator\Passport\Badge\UserBadge;
use Symfony\Component\Security\Http\Authenticator\Passport\Passport;
use Symfony\Component\Security\Http\Authenticator\Passport\SelfValidatingPassport;

/**
 * Trusts the shared login: the user is the one that uid in the session names. The firewall
 * needs stateless: true, so that Symfony keeps no token of its own in the session.
 */
final class SharedLoginAuthenticator extends AbstractAuthenticator
{
    /**
     * @param UserProviderInterface<UserInterface>|null $users the users of the application; without it the
     *                                          user is a SharedUser with the groups of the session
     */
    public function __construct(private readonly ?UserProviderInterface $users = null)
    {
    }

    public function supports(Request $request): ?bool
    {
        return $request->hasPreviousSession() && User::of($request->getSession()->all()) !== null;
    }

    public function authenticate(Request $request): Passport
    {
        $user = User::of($request->getSession()->all()) ?? throw new UserNotFoundException();
        $load = $this->users === null
            ? static fn (): UserInterface => new SharedUser($user)
            : fn (string $name): UserInterface => $this->users->loadUserByIdentifier($name);
        return new SelfValidatingPassport(new UserBadge($user->uid, $load));
    }

    public function onAuthenticationSuccess(Request $request, TokenInterface $token, string $firewallName): ?Response
    {
        return null;
    }

    /** A user whom the application does not know is nobody here. */
    public function onAuthenticationFailure(Request $request, AuthenticationException $exception): ?Response
    {
        return null;
    }
}
