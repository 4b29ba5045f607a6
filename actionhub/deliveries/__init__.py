"""Petition deliveries: handing a petition's signatures to an addressee, who can check them."""
